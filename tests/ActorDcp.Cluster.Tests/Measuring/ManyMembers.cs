using System.Globalization;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests.Measuring;

/// <summary>
/// Many members on one machine: how soon they share the vbuckets, what they take, and how soon all goes on when some of them, the
/// oldest among them, are killed at once. The witness is that of the tests: nothing lost, in order, fenced.
/// </summary>
internal static class ManyMembers
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>What members have unless told otherwise: tests save more often.</summary>
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(CommandWords words)
    {
        var shape = new ManyMembersShape(
            words["members", 20], words["killed", 5], words["vbuckets", 1024], words["rate", 2048], words["starting", 4], TimeSpan.FromSeconds(words["seconds", 30]), words["pool", 0]);
        if (shape.Killed >= shape.Members)
            throw new FormatException($"--killed {shape.Killed} of --members {shape.Members} leaves nobody: say a smaller --killed");
        var violations = await PostgresServer.WithAsync(async postgres => await RunAsync(shape, await postgres.CreateDatabaseAsync()));
        foreach (var violation in violations)
            Console.WriteLine($"  {violation}");
        return violations.Count == 0 ? 0 : 1;
    }

    private static async Task<IReadOnlyList<string>> RunAsync(ManyMembersShape shape, string database)
    {
        await using var watch = await DatabaseWatch.StartAsync(database);
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = database, VBuckets = shape.VBuckets, WritesPerSecond = shape.Rate, Members = shape.Members, StartedMembers = 0, Pool = shape.Pool,
            Settings = [("Checkpoint:Interval", $"{CheckpointInterval.TotalSeconds}s")],
        });
        var clock = TimeProvider.System.GetTimestamp();
        await cluster.FormAsync(shape.Starting);
        var formed = TimeProvider.System.GetElapsedTime(clock);
        await cluster.EvenAsync();
        var even = TimeProvider.System.GetElapsedTime(clock);
        var started = cluster.Running.Select(member => member.Usage.Processor.TotalSeconds).ToList();
        await PauseAsync(Quiet);
        var use = await ClusterUse.OverAsync(shape.Watched, cluster, watch);
        var loss = shape.Killed == 0 ? "" : $"{await LoseAsync(cluster, shape)}; ";
        var lines = await cluster.SettleAsync();
        // what was handled last is saved
        await PauseAsync(2 * Quiet);
        var idle = await ClusterUse.OverAsync(shape.Watched, cluster, watch);
        var violations = cluster.Verdict(lines, CheckpointInterval - TestCluster.CheckpointInterval);
        var journal = await DatabaseWatch.RowsAsync(database, "journal");
        var changes = lines.Where(line => line.IsChange).ToList();
        await Console.Error.WriteLineAsync(cluster.Complaints());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{shape.Members} members, {shape.VBuckets} vbuckets, {shape.Rate} writes/s, {Environment.ProcessorCount} processors: formed after {formed.TotalSeconds:0.0} s ({shape.Starting} starting at a time), even after {even.TotalSeconds:0.0} s, processor seconds a member until then {Spread.Of(started, "0.0")}; under writes {use}; {loss}idle with {cluster.Running.Count} members {idle}; most database connections {watch.MostConnections}; journal rows {journal}; changes {changes.Select(line => (line.VBucket, line.Seqno)).Distinct().Count()}, lines {changes.Count}, violations {violations.Count}"));
        return violations;
    }

    /// <summary>Kills the oldest and others that are spread over the ages, all at once, and says what it cost.</summary>
    private static async Task<string> LoseAsync(TestCluster cluster, ManyMembersShape shape)
    {
        var killed = cluster.Running.Where(member => member.Index % (shape.Members / shape.Killed) == 0).Take(shape.Killed).ToList();
        var owners = TestCluster.Owners(await cluster.EvenAsync(), killed);
        var orphans = killed.SelectMany(member => owners[member]).Select(row => row.Vb).ToHashSet();
        await PauseAsync(Quiet);
        var from = DateTimeOffset.UtcNow;
        await Task.WhenAll(killed.Select(cluster.KillAsync).ToList());
        var acted = DateTimeOffset.UtcNow;
        await cluster.EvenAsync();
        var window = new Window("kill", from, acted, DateTimeOffset.UtcNow);
        await PauseAsync(Quiet);
        var vbuckets = cluster.Lines().Where(line => line.IsChange).GroupBy(line => line.VBucket).ToLookup(group => orphans.Contains(group.Key), group => group.ToList());
        var (lost, kept) = (Move.Of(window, vbuckets[true]), Move.Of(window, vbuckets[false]));
        return string.Create(CultureInfo.InvariantCulture,
            $"{killed.Count} killed with {orphans.Count} vbuckets: the last of them handles again after {lost.Seconds:0.0} s (pause median {lost.MovedMedian:0.0} s, p99 {lost.MovedP99:0.0} s), redelivered {lost.Redelivered}, even on {cluster.Running.Count} after {(window.To - from).TotalSeconds:0.0} s, longest pause of {vbuckets[false].Count() - kept.Moved} unmoved {kept.UnmovedMost:0.00} s (p99 {kept.UnmovedP99:0.00} s), {kept.Moved} others moved");
    }

    private static async Task PauseAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}

/// <summary>How many members and vbuckets, how many members are killed, writes a second, members that start at a time, how long use is watched, and database connections a member (0: its default).</summary>
internal sealed record ManyMembersShape(int Members, int Killed, int VBuckets, int Rate, int Starting, TimeSpan Watched, int Pool);
