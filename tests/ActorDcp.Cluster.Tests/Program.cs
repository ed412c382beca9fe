using ActorDcp.Cluster.Tests.Alarms;
using ActorDcp.Cluster.Tests.Campaign;
using ActorDcp.Cluster.Tests.Measuring;

namespace ActorDcp.Cluster.Tests;

/// <summary>What takes longer than a test, by command.</summary>
internal static class Program
{
    private const string Usage = """
        dotnet run -c Release --project tests/ActorDcp.Cluster.Tests -- measure [--runs 5] [--vbuckets 1024] [--rate 4096]
            Prints how long joining, leaving and dying take with three members on PostgreSQL, and how long vbuckets pause for it.
        dotnet run -c Release --project tests/ActorDcp.Cluster.Tests -- twenty [--members 20] [--killed 5] [--vbuckets 1024] [--rate 2048] [--starting 4] [--seconds 30] [--pool CONNECTIONS]
            Starts so many members, some at a time, kills some of them at once, and prints in a line how long all took and what the members use.
        dotnet run -c Release --project tests/ActorDcp.Cluster.Tests -- alarms [--minutes 10] [--members 20] [--starting 4]
            Gives so many members more than the machine can do, with handlers that burn processors or block threads, and fails when one is taken for dead.
        dotnet run -c Release --project tests/ActorDcp.Cluster.Tests -- campaign [--seed 1] [--runs 10] [--seconds 120] [--members 3] [--nodes 2]
            Runs random faults under writes, one line a run, each run with the next seed.
        """;

    public static async Task<int> Main(string[] words)
    {
        try
        {
            switch (words)
            {
                case ["measure", .. var options]:
                    return await MoveMeasurement.RunAsync(CommandWords.Parse(options, ["runs", "vbuckets", "rate"]));
                case ["twenty", .. var options]:
                    return await ManyMembers.RunAsync(CommandWords.Parse(options, ["members", "killed", "vbuckets", "rate", "starting", "seconds", "pool"]));
                case ["alarms", .. var options]:
                    return await AlarmCommand.RunAsync(CommandWords.Parse(options, ["minutes", "members", "starting"]));
                case ["campaign", .. var options]:
                    return await CampaignCommand.RunAsync(CommandWords.Parse(options, ["seed", "runs", "seconds", "members", "nodes"]));
            }
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }
        await Console.Error.WriteLineAsync(Usage);
        return 2;
    }
}
