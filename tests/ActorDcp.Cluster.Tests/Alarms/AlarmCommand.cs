using System.Globalization;
using System.Text.RegularExpressions;
using ActorDcp.Cluster.Tests.Measuring;
using ActorDcp.Cluster.Tests.Members;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Cluster.Tests.Alarms;

/// <summary>
/// Members with more to do than the machine can, some of them with handlers that block all their threads, for minutes: nobody may be
/// taken for dead. A member that was is counted from its own log and from the vbuckets that moved.
/// </summary>
internal static partial class AlarmCommand
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(CommandWords words)
    {
        // what led to a false alarm is told by the order of the members' lines
        Environment.SetEnvironmentVariable("Logging__Console__FormatterOptions__TimestampFormat", "HH:mm:ss.fff ");
        Environment.SetEnvironmentVariable("Logging__LogLevel__Akka.Cluster", "Information");
        // the members find the handlers of this folder in this assembly
        Environment.SetEnvironmentVariable("DOTNET_ADDITIONAL_DEPS", Path.ChangeExtension(typeof(AlarmCommand).Assembly.Location, ".deps.json"));
        return await PostgresServer.WithAsync(async postgres =>
            await RunAsync(words["members", 20], TimeSpan.FromMinutes(words["minutes", 10]), words["starting", 4], await postgres.CreateDatabaseAsync()));
    }

    private static async Task<int> RunAsync(int members, TimeSpan duration, int starting, string database)
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = database, VBuckets = 1_024, WritesPerSecond = 0, Members = members, StartedMembers = 0,
            // this process gets no more of the processors than a member does: relays in it would delay heartbeats
            UsesRelays = false,
        });
        await cluster.FormAsync(starting, index => [("Handler:Type", HandlerOf(index).AssemblyQualifiedName!)]);
        var before = (await cluster.EvenAsync()).VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));
        var (used, clock) = (Processor(cluster), TimeProvider.System.GetTimestamp());
        // each vbucket gets a batch every two seconds, of which the machine can handle a tenth
        cluster.Writer.PerSecond = 512;
        using (var timer = new PeriodicTimer(Look))
        {
            while (TimeProvider.System.GetElapsedTime(clock) < duration && Removed(cluster) == 0)
                await timer.WaitForNextTickAsync();
        }
        var (seconds, processors) = (TimeProvider.System.GetElapsedTime(clock).TotalSeconds, Processor(cluster) - used);
        var (removed, handled) = (Removed(cluster), 0UL);
        await cluster.Writer.StopAsync();
        if (removed > 0)
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, Story(cluster)));
        var after = await StatusAsync(cluster);
        var moved = after.Count(row => before[row.Vb] != (row.Member, row.Epoch));
        foreach (var row in after)
            handled += row.Handled;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{members} members, {seconds / 60:0.0} minutes, {processors.TotalSeconds / seconds:0.00} of {Environment.ProcessorCount} processors busy in them, {handled} changes handled, unreachable {Said(cluster, Unreachable())}, deliveries held {Said(cluster, Held())}, downed {removed}, vbuckets moved {moved}"));
        return removed == 0 && moved == 0 ? 0 : 1;
    }

    private static Type HandlerOf(int index) => index % 4 == 3 ? typeof(BlockingHandler) : typeof(BurningHandler);

    private static TimeSpan Processor(TestCluster cluster) => new(cluster.Running.Sum(member => member.Usage.Processor.Ticks));

    private static int Removed(TestCluster cluster) =>
        cluster.All.Count(member => member.HasExited || member.Error.Contains("was removed from the cluster", StringComparison.Ordinal));

    /// <summary>What the members say of each other, in order.</summary>
    private static IEnumerable<string> Story(TestCluster cluster) => cluster.All
        .SelectMany(member => member.Error.Split('\n').Where(line => Telling().IsMatch(line)).Select(line => (Line: line.Length > 400 ? line[..400] : line, member.Index)))
        .OrderBy(told => told.Line).Select(told => $"{told.Index,3} {told.Line}");

    private static int Said(TestCluster cluster, Regex words) => cluster.All.Sum(member => words.Count(member.Error));

    /// <summary>Who has which vbucket, when all members have time to say so again.</summary>
    private static async Task<IReadOnlyList<VBucketStatus>> StatusAsync(TestCluster cluster)
    {
        GroupStatus? status = null;
        await Eventually.TrueAsync(
            async () => (status = await cluster.Running[0].StatusAsync()) is { Complete: true } && status.VBuckets.Count == cluster.Options.VBuckets,
            () => $"no whole status: {status?.Complete}, {status?.VBuckets.Count} vbuckets", TestCluster.Deadline, Look);
        return status!.VBuckets;
    }

    [GeneratedRegex("Marking node.* as UNREACHABLE")]
    private static partial Regex Unreachable();

    [GeneratedRegex("Akka.Cluster.Cluster|SBR|SplitBrain|eachab|[Hh]eartbeat|delivery|removed|fenced|Quarantin|quarantin")]
    private static partial Regex Telling();

    [GeneratedRegex("delivery stopped: this member was not heard of")]
    private static partial Regex Held();
}
