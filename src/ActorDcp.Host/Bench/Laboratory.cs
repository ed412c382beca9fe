using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>A producer with its documents written, and one measured process after the other against it.</summary>
internal sealed class Laboratory : IAsyncDisposable
{
    private static readonly TimeSpan LoadDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RunDeadline = TimeSpan.FromMinutes(3);

    private readonly BenchProducer _producer;
    private readonly int _vbuckets;
    private long? _bytes;

    private Laboratory(BenchProducer producer, int vbuckets, int events)
    {
        _producer = producer;
        _vbuckets = vbuckets;
        Events = events;
    }

    public int Events { get; }

    public static async Task<Laboratory> OpenAsync(int vbuckets, int events, int valueSize, CancellationToken stopping)
    {
        var producer = await BenchProducer.StartAsync(
            LoadDeadline, vbuckets, ["--load", Text(events), "--value-size", Text(valueSize)], stopping).ConfigureAwait(false);
        return new Laboratory(producer, vbuckets, events);
    }

    public async Task<Measurement> RunAsync(string subject, CancellationToken stopping)
    {
        // what the wire carries is asked of a drain, once
        _bytes ??= (await RunAsync(DrainAsync, Subjects.Drain, stopping).ConfigureAwait(false)).Bytes;
        return await RunAsync(
            subject switch
            {
                Subjects.Reader => ReadAsync,
                Subjects.Drain => DrainAsync,
                _ => deadline => BenchMember.RunAsync(_producer.Port, Events, deadline),
            },
            subject, stopping).ConfigureAwait(false) with { Bytes = _bytes!.Value };
    }

    public ValueTask DisposeAsync() => _producer.DisposeAsync();

    private Task<Measurement> RunAsync(Func<CancellationToken, Task<Measurement>> run, string subject, CancellationToken stopping) =>
        WithinAsync(RunDeadline, run, $"{subject} with {_vbuckets} vbuckets was not done with {Events} events", stopping);

    private async Task<Measurement> DrainAsync(CancellationToken deadline)
    {
        var drain = HostProgram.Start(
            "drain", "--connection", $"couchbase://127.0.0.1:{Text(_producer.Port)}", "--user", "Administrator", "--password", "password", "--until", "now", "--format", "count");
        await using (drain.ConfigureAwait(false))
        {
            var summary = await drain.ReadLineAsync(deadline).ConfigureAwait(false);
            if (summary.GetProperty("items").GetInt64() != Events)
                throw new FailureException($"drain counted {summary.GetProperty("items")} of {Events} events");
            return Measured(summary, drain) with { Bytes = summary.GetProperty("bytes").GetInt64() };
        }
    }

    private async Task<Measurement> ReadAsync(CancellationToken deadline)
    {
        var reader = HostProgram.Start(
            BenchReaderVerb.VerbName, "--port", Text(_producer.Port), "--vbuckets", Text(_vbuckets), "--bytes", _bytes!.Value.ToString(CultureInfo.InvariantCulture));
        await using (reader.ConfigureAwait(false))
            return Measured(await reader.ReadLineAsync(deadline).ConfigureAwait(false), reader);
    }

    /// <summary>Does what has a deadline, and says what was not done when it has passed.</summary>
    public static async Task<T> WithinAsync<T>(TimeSpan time, Func<CancellationToken, Task<T>> work, string failure, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(time);
        try
        {
            return await work(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cause) when (!stopping.IsCancellationRequested)
        {
            throw new FailureException($"{failure} within {time.TotalMinutes:0} minutes: take fewer --events", cause);
        }
    }

    private static Measurement Measured(JsonElement summary, ChildProcess process) => new(
        summary.GetProperty("cpu_seconds").GetDouble(), process.Running.Elapsed.TotalSeconds, summary.GetProperty("peak_rss_bytes").GetInt64());

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
