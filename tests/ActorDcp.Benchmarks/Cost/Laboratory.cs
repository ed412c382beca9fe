using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>A producer with its documents written, and one measured process after the other against it.</summary>
internal sealed class Laboratory : IAsyncDisposable
{
    private static readonly TimeSpan LoadDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RunDeadline = TimeSpan.FromMinutes(3);

    private readonly string _host;
    private readonly ChildProcess _producer;
    private readonly int _port;
    private readonly int _vbuckets;
    private long? _bytes;

    private Laboratory(string host, ChildProcess producer, int port, int vbuckets, int events)
    {
        _host = host;
        _producer = producer;
        _port = port;
        _vbuckets = vbuckets;
        Events = events;
    }

    public int Events { get; }

    public static async Task<Laboratory> OpenAsync(string host, int vbuckets, int events)
    {
        using var deadline = new CancellationTokenSource(LoadDeadline);
        var producer = ChildProcess.Start("dotnet", [host, "producer", "--port", "0", "--vbuckets", Text(vbuckets), "--load", Text(events)]);
        try
        {
            var ready = await producer.ReadLineAsync(deadline.Token);
            return new Laboratory(host, producer, ready.GetProperty("ports").GetProperty("kv")[0].GetInt32(), vbuckets, events);
        }
        catch
        {
            await producer.DisposeAsync();
            throw;
        }
    }

    public async Task<Measurement> RunAsync(string subject)
    {
        using var deadline = new CancellationTokenSource(RunDeadline);
        return subject switch
        {
            Subjects.Reader => await ReadAsync(deadline.Token),
            Subjects.Drain => await DrainAsync(deadline.Token),
            _ => await MemberRun.RunAsync(_host, _port, Events, deadline.Token),
        };
    }

    public ValueTask DisposeAsync() => _producer.DisposeAsync();

    private async Task<Measurement> DrainAsync(CancellationToken deadline)
    {
        await using var drain = ChildProcess.Start(
            "dotnet",
            [_host, "drain", "--connection", $"couchbase://127.0.0.1:{Text(_port)}", "--user", "Administrator", "--password", "password", "--until", "now", "--format", "count"]);
        var summary = await drain.ReadLineAsync(deadline);
        if (summary.GetProperty("items").GetInt64() != Events)
            throw new InvalidOperationException($"drain counted {summary.GetProperty("items")} of {Events} events");
        return Measured(summary, drain) with { Bytes = summary.GetProperty("bytes").GetInt64() };
    }

    private async Task<Measurement> ReadAsync(CancellationToken deadline)
    {
        // what the wire carries is asked of a drain, once
        var bytes = _bytes ??= (await DrainAsync(deadline)).Bytes!.Value;
        await using var reader = ChildProcess.Start(
            "dotnet", [Assembly.GetExecutingAssembly().Location, "read", Text(_port), Text(_vbuckets), bytes.ToString(CultureInfo.InvariantCulture)]);
        return Measured(await reader.ReadLineAsync(deadline), reader);
    }

    private static Measurement Measured(JsonElement summary, ChildProcess process) => new(
        summary.GetProperty("cpu_seconds").GetDouble(), process.Running.Elapsed.TotalSeconds, summary.GetProperty("peak_rss_bytes").GetInt64());

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
