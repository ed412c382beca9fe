namespace ActorDcp.Cluster.Tests.Campaign;

/// <summary>The long campaign: many runs, one line each.</summary>
internal static class CampaignCommand
{
    public static async Task<int> RunAsync(CommandWords words)
    {
        // the members' logs are held against the times of the faults
        Environment.SetEnvironmentVariable("Logging__Console__FormatterOptions__TimestampFormat", "HH:mm:ss.fff ");
        var failed = await PostgresServer.WithAsync(async postgres =>
        {
            var failures = 0;
            for (var run = 0; run < words["runs", 10]; run++)
            {
                var result = await CampaignRun.RunAsync(
                    words["seed", 1] + run, TimeSpan.FromSeconds(words["seconds", 120]), await postgres.CreateDatabaseAsync(),
                    words["members", 3], words["nodes", 2]);
                Console.WriteLine(result.Line);
                foreach (var violation in result.Violations)
                    Console.WriteLine($"  {violation}");
                failures += result.Violations.Count > 0 ? 1 : 0;
            }
            return failures;
        });
        return failed == 0 ? 0 : 1;
    }
}
