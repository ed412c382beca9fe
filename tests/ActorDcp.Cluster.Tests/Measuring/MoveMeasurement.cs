using System.Globalization;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests.Measuring;

/// <summary>
/// How long joining, leaving and dying take with three members on PostgreSQL, and how long vbuckets pause for it, told from the
/// members' lines alone. A vbucket without a fault is silent for the time between two of its writes, which is printed beside.
/// </summary>
internal static class MoveMeasurement
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(CommandWords words)
    {
        var moves = await PostgresServer.WithAsync(async postgres =>
        {
            var measured = new List<Move>();
            for (var run = 0; run < words["runs", 5]; run++)
            {
                measured.AddRange(await RunOnceAsync(await postgres.CreateDatabaseAsync(), words["vbuckets", 1024], words["rate", 4096]));
                await Console.Error.WriteLineAsync($"run {run + 1} done: {string.Join("; ", measured.TakeLast(5).Select(move => $"{move.Name} {move.Seconds:0.0} s"))}");
            }
            return measured;
        });
        Print(moves, words["vbuckets", 1024], words["rate", 4096]);
        return 0;
    }

    private static async Task<List<Move>> RunOnceAsync(string database, int vbuckets, int rate)
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = database, VBuckets = vbuckets, WritesPerSecond = rate, StartedMembers = 0, Settings = [("Checkpoint:Interval", "5s")],
        });
        // one after the other, so that the first is the oldest
        for (var i = 0; i < 2; i++)
            await cluster.Start(i).ReadyAsync();
        await cluster.EvenAsync();
        var windows = new List<Window>();
        await QuietAsync();
        windows.Add(await MoveAsync("join", () => cluster.Start(2).ReadyAsync()));
        windows.Add(await MoveAsync("leave", () => cluster.Running.Single(member => member.Index == 2).StopAsync()));
        await Rejoin(2);
        windows.Add(await MoveAsync("kill", () => cluster.KillAsync(cluster.Running.Single(member => member.Index == 2))));
        await Rejoin(2);
        windows.Add(await MoveAsync("kill oldest", () => cluster.KillAsync(cluster.Running.Single(member => member.Index == 0))));
        foreach (var window in windows)
            await Console.Error.WriteLineAsync($"{window.Name} {window.From:HH:mm:ss.f} acted {window.Acted:HH:mm:ss.f} even {window.To:HH:mm:ss.f}: {Movements(window, cluster.Lines())}");
        await Console.Error.WriteLineAsync(cluster.Complaints());
        var lines = cluster.Lines().Where(line => line.IsChange).GroupBy(line => line.VBucket).Select(group => group.ToList()).ToList();
        return [.. windows.Select(window => Move.Of(window, lines)), Move.Of(new Window("nothing", windows[0].From - Quiet, windows[0].From, windows[0].From), lines)];

        async Task<Window> MoveAsync(string name, Func<Task> act)
        {
            var from = DateTimeOffset.UtcNow;
            await act();
            var acted = DateTimeOffset.UtcNow;
            await cluster.EvenAsync();
            var to = DateTimeOffset.UtcNow;
            await QuietAsync();
            return new Window(name, from, acted, to);
        }

        async Task Rejoin(int index)
        {
            await cluster.Start(index).ReadyAsync();
            await cluster.EvenAsync();
            await QuietAsync();
        }
    }

    private static string Movements(Window window, IEnumerable<DeliveryLine> lines)
    {
        var moves = new Dictionary<string, (int Count, DateTimeOffset First, DateTimeOffset Last)>();
        foreach (var vbucket in lines.Where(line => line.IsChange).GroupBy(line => line.VBucket))
        {
            DeliveryLine? last = null;
            foreach (var line in vbucket)
            {
                if (last is not null && last.Epoch != line.Epoch && line.At >= window.From && line.At <= window.To)
                {
                    var key = $"{last.Member} to {line.Member}";
                    var (count, first, latest) = moves.GetValueOrDefault(key, (0, line.At, line.At));
                    moves[key] = (count + 1, first < line.At ? first : line.At, latest > line.At ? latest : line.At);
                }
                last = line;
            }
        }
        return string.Join(", ", moves.Select(move => $"{move.Key}: {move.Value.Count} ({move.Value.First:ss.f}-{move.Value.Last:ss.f})"));
    }

    /// <summary>What comes next shall find the cluster at rest.</summary>
    private static async Task QuietAsync()
    {
        using var timer = new PeriodicTimer(Quiet);
        await timer.WaitForNextTickAsync();
    }

    private static void Print(List<Move> moves, int vbuckets, int rate)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"3 members, {vbuckets} vbuckets, PostgreSQL, {rate} writes/s: one each {1000.0 * vbuckets / rate:0} ms and vbucket; medians of the runs"));
        Console.WriteLine("| change | until the last moved vbucket handles, s | moved | pause of moved: median, s | p99, s | pause of unmoved: median, s | p99, s | most, s | redelivered |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var same in moves.GroupBy(move => move.Name))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {same.Key} | {Text(same, move => move.Seconds)} | {Median(same, move => move.Moved):0} | {Median(same, move => move.MovedMedian):0.00} | {Text(same, move => move.MovedP99)} | {Median(same, move => move.UnmovedMedian):0.00} | {Text(same, move => move.UnmovedP99)} | {Median(same, move => move.UnmovedMost):0.00} | {Median(same, move => move.Redelivered):0} |"));
        }
    }

    private static string Text(IEnumerable<Move> moves, Func<Move, double> value) => Spread.Of(moves.Select(value), "0.00");

    private static double Median(IEnumerable<Move> moves, Func<Move, double> value)
    {
        var values = moves.Select(value).Order().ToList();
        return values[values.Count / 2];
    }
}

/// <summary>A change of the cluster: when it was begun, when whoever did it returned, and when the members said that all is even.</summary>
internal sealed record Window(string Name, DateTimeOffset From, DateTimeOffset Acted, DateTimeOffset To);
