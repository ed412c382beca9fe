using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>A full member with a database of its own, from its start until it has handled all.</summary>
internal static class MemberRun
{
    private const string Group = "benchmark";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public static async Task<Measurement> RunAsync(string host, int port, int events, CancellationToken deadline)
    {
        var folder = Directory.CreateTempSubdirectory("actordcp-cost-");
        try
        {
            await using var member = ChildProcess.Start("dotnet", [host, "serve", .. Options(port, folder.FullName)]);
            var ready = await member.ReadLineAsync(deadline);
            var readyAfter = member.Running.Elapsed.TotalSeconds;
            using var http = new HttpClient
            {
                BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ready.GetProperty("ports").GetProperty("http").GetInt32()}")),
            };
            var metrics = await HandledAsync(http, events, deadline);
            var measured = new Measurement(
                member.CpuSeconds, member.Running.Elapsed.TotalSeconds, member.PeakRssBytes,
                Value(metrics, "dotnet_gc_heap_total_allocated_bytes_total"), readyAfter);
            await CheckAsync(http, events, deadline);
            return measured;
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

    // the counter is cheap to ask for; the status, with a line a vbucket, is asked once at the end
    private static async Task<string> HandledAsync(HttpClient http, int events, CancellationToken deadline)
    {
        using var tick = new PeriodicTimer(Poll);
        while (true)
        {
            var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), deadline);
            if (Value(metrics, "actordcp_events_total") >= events)
                return metrics;
            await tick.WaitForNextTickAsync(deadline);
        }
    }

    private static async Task CheckAsync(HttpClient http, int events, CancellationToken deadline)
    {
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri($"/api/v1/groups/{Group}/status", UriKind.Relative), deadline));
        // every key was written once, so seqnos count events
        var handled = status.RootElement.GetProperty("vbuckets").EnumerateArray()
            .Sum(vbucket => vbucket.GetProperty("handled").GetInt64());
        if (handled != events)
            throw new InvalidOperationException($"the member handled {handled} of {events} events");
    }

    private static long Value(string metrics, string name)
    {
        foreach (var line in metrics.Split('\n'))
            if (line.StartsWith(name, StringComparison.Ordinal))
                return (long)double.Parse(line.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        return 0;
    }
}
