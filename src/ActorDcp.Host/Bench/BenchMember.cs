using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>A full member with a database of its own, handler <c>count</c>.</summary>
internal static class BenchMember
{
    private const string Group = "benchmark";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>From its start until it has handled all.</summary>
    public static Task<Measurement> RunAsync(int port, int events, CancellationToken deadline) => StartAsync(port, async (member, http) =>
    {
        var readyAfter = member.Running.Elapsed.TotalSeconds;
        var metrics = await HandledAsync(http, events, deadline).ConfigureAwait(false);
        var measured = new Measurement(
            member.CpuSeconds, member.Running.Elapsed.TotalSeconds, member.PeakRssBytes,
            Value(metrics, "dotnet_gc_heap_total_allocated_bytes_total"), SecondsToReady: readyAfter);
        await CheckAsync(http, events, deadline).ConfigureAwait(false);
        return measured;
    }, deadline);

    /// <summary>Processors used, and events handled a second, while it follows what is written, after a while.</summary>
    public static Task<(double Cpu, double EventsPerSecond)> FollowAsync(int port, TimeSpan warm, TimeSpan watched, CancellationToken deadline) => StartAsync(port, async (member, http) =>
    {
        await Task.Delay(warm, deadline).ConfigureAwait(false);
        var events = await EventsAsync(http, deadline).ConfigureAwait(false);
        var (cpu, at) = (member.CpuSeconds, member.Running.Elapsed);
        await Task.Delay(watched, deadline).ConfigureAwait(false);
        var (spent, seconds) = (member.CpuSeconds - cpu, (member.Running.Elapsed - at).TotalSeconds);
        return (spent / seconds, (await EventsAsync(http, deadline).ConfigureAwait(false) - events) / seconds);
    }, deadline);

    /// <summary>What it holds while it follows what is written, looked at again and again.</summary>
    public static Task<MemoryRun> WatchMemoryAsync(int port, int samples, TimeSpan every, Action<MemorySample> seen, CancellationToken deadline) => StartAsync(port, async (member, http) =>
    {
        var run = new List<MemorySample>();
        var (first, at) = (await EventsAsync(http, deadline).ConfigureAwait(false), member.Running.Elapsed);
        using var tick = new PeriodicTimer(every);
        while (run.Count < samples && await tick.WaitForNextTickAsync(deadline).ConfigureAwait(false))
        {
            var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), deadline).ConfigureAwait(false);
            run.Add(new MemorySample(
                (member.Running.Elapsed - at).TotalMinutes, member.RssBytes, Value(metrics, "dotnet_gc_last_collection_heap_size_bytes"),
                Value(metrics, "dotnet_gc_last_collection_memory_committed_size_bytes")));
            seen(run[^1]);
        }
        var handled = await EventsAsync(http, deadline).ConfigureAwait(false) - first;
        return new MemoryRun(run, handled / (member.Running.Elapsed - at).TotalSeconds);
    }, deadline);

    private static async Task<T> StartAsync<T>(int port, Func<ChildProcess, HttpClient, Task<T>> look, CancellationToken deadline)
    {
        var folder = Directory.CreateTempSubdirectory("actordcp-bench-");
        try
        {
            var member = HostProgram.Start(["serve", .. Options(port, folder.FullName)]);
            await using (member.ConfigureAwait(false))
            {
                var ready = await member.ReadLineAsync(deadline).ConfigureAwait(false);
                using var http = new HttpClient
                {
                    BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ready.GetProperty("ports").GetProperty("http").GetInt32()}")),
                };
                return await look(member, http).ConfigureAwait(false);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string[] Options(int port, string folder) =>
    [
        "--ActorDcp:Group", Group,
        "--ActorDcp:Connection", string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{port}"),
        "--ActorDcp:User", "Administrator", "--ActorDcp:Password", "password", "--ActorDcp:Bucket", "default",
        "--ActorDcp:Handler:Type", "count", "--ActorDcp:Http:Port", "0",
        "--ActorDcp:Persistence:ConnectionString", $"Data Source={Path.Combine(folder, "benchmark.db")}",
    ];

    private static async Task<long> EventsAsync(HttpClient http, CancellationToken deadline) =>
        Value(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), deadline).ConfigureAwait(false), "actordcp_events_total");

    // the counter is cheap to ask for; the status, with a line a vbucket, is asked once at the end
    private static async Task<string> HandledAsync(HttpClient http, int events, CancellationToken deadline)
    {
        using var tick = new PeriodicTimer(Poll);
        while (true)
        {
            var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), deadline).ConfigureAwait(false);
            if (Value(metrics, "actordcp_events_total") >= events)
                return metrics;
            await tick.WaitForNextTickAsync(deadline).ConfigureAwait(false);
        }
    }

    private static async Task CheckAsync(HttpClient http, int events, CancellationToken deadline)
    {
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri($"/api/v1/groups/{Group}/status", UriKind.Relative), deadline).ConfigureAwait(false));
        // every key was written once, so seqnos count events
        var handled = status.RootElement.GetProperty("vbuckets").EnumerateArray()
            .Sum(vbucket => vbucket.GetProperty("handled").GetInt64());
        if (handled != events)
            throw new FailureException($"the member handled {handled} of {events} events");
    }

    // of all its lines, such as one a generation
    private static long Value(string metrics, string name) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal))
        .Sum(line => (long)double.Parse(line.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture));
}
