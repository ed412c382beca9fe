using System.Diagnostics;
using System.Diagnostics.Metrics;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Serve;

namespace ActorDcp.Host.Bench;

/// <summary>
/// What one vbucket whose handler sleeps a second a batch costs the others on its connection: the time that a member in this process
/// needs for all vbuckets but that one, with and without its sleep, in turns.
/// </summary>
internal static class IsolationBench
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<IsolationRow>> RunAsync(BenchArguments arguments, Terminal terminal, CancellationToken stopping)
    {
        var rows = new List<IsolationRow>();
        foreach (var vbuckets in arguments.VBuckets)
        {
            var events = arguments.ManyEvents;
            var producer = await BenchProducer.StartAsync(
                Deadline, vbuckets, ["--load", Laboratory.Text(events), "--value-size", Laboratory.Text(arguments.ValueSize)], stopping).ConfigureAwait(false);
            await using (producer.ConfigureAwait(false))
            {
                var (even, slow) = (new List<Run>(), new List<Run>());
                for (var run = 1; run <= arguments.Runs; run++)
                {
                    even.Add(await RunAsync(producer.Port, vbuckets, events, TimeSpan.Zero, stopping).ConfigureAwait(false));
                    slow.Add(await RunAsync(producer.Port, vbuckets, events, Sleep, stopping).ConfigureAwait(false));
                    terminal.Log($"{vbuckets} vbuckets, one of them slow, run {run} of {arguments.Runs}: done");
                }
                rows.Add(new IsolationRow(
                    vbuckets, Spread.Of(even.Select(run => run.EventsPerSecond)), Spread.Of(slow.Select(run => run.EventsPerSecond)),
                    Spread.Of(slow.Zip(even, (with, without) => with.EventsPerSecond / without.EventsPerSecond)),
                    Spread.Of(slow.Select(run => (run.Delivered + run.Discarded) / run.Delivered))));
            }
        }
        return rows;
    }

    private static Task<Run> RunAsync(int port, int vbuckets, int events, TimeSpan sleep, CancellationToken stopping) => Laboratory.WithinAsync(
        Deadline, deadline => RunAsync(port, vbuckets, new Tally(events - 2 * events / vbuckets, sleep), deadline), $"{events} events were not handled", stopping);

    private static async Task<Run> RunAsync(int port, int vbuckets, Tally tally, CancellationToken deadline)
    {
        var folder = Directory.CreateTempSubdirectory("actordcp-bench-");
        using var bytes = new ByteCounts();
        try
        {
            var member = await LocalMember.StartAsync(
                "bench", $"couchbase://127.0.0.1:{Laboratory.Text(port)}",
                // the sleeper is not waited for when the run is over
                [new("Persistence:ConnectionString", $"Data Source={Path.Combine(folder.FullName, "bench.db")}"), new("DrainTimeout", "2s")],
                (services, actorDcp) =>
                {
                    services.AddSingleton(tally);
                    actorDcp.AddHandler<SlowHandler>();
                },
                log: null, deadline).ConfigureAwait(false);
            await using (member.ConfigureAwait(false))
            {
                await tally.Others.WaitAsync(deadline).ConfigureAwait(false);
                return new Run(tally.EventsPerSecond, bytes.Delivered, bytes.Discarded);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Run(double EventsPerSecond, double Delivered, double Discarded);

    /// <summary>Counts what the others handle, from their first event until it is enough: of how many the slow vbucket has, more are left out.</summary>
    private sealed class Tally(int enough, TimeSpan sleep)
    {
        private readonly TaskCompletionSource _others = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _handled;
        private long _first;
        private long _last;

        public static VBucketId Slow { get; } = VBucketId.From(0);

        public TimeSpan Sleep => sleep;

        public Task Others => _others.Task;

        public double EventsPerSecond => _handled / Stopwatch.GetElapsedTime(_first, _last).TotalSeconds;

        public void Handled(DcpBatch batch)
        {
            var now = Stopwatch.GetTimestamp();
            if (batch.VBucket == Slow)
                return;
            Interlocked.CompareExchange(ref _first, now, 0);
            if (Interlocked.Add(ref _handled, batch.Count) < enough)
                return;
            Volatile.Write(ref _last, now);
            _others.TrySetResult();
        }
    }

    private sealed class SlowHandler(Tally tally) : IDcpHandler
    {
        public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            tally.Handled(batch);
            if (batch.VBucket == Tally.Slow && tally.Sleep > TimeSpan.Zero)
                await Task.Delay(tally.Sleep, stopping).ConfigureAwait(false);
        }

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }

    /// <summary>Bytes that the one member of this process delivered, and what it has to read again.</summary>
    private sealed class ByteCounts : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _delivered;
        private long _discarded;

        public ByteCounts()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name is "actordcp.bytes" or "actordcp.discarded")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
                Interlocked.Add(ref instrument.Name == "actordcp.bytes" ? ref _delivered : ref _discarded, value));
            _listener.Start();
        }

        public double Delivered => Interlocked.Read(ref _delivered);

        public double Discarded => Interlocked.Read(ref _discarded);

        public void Dispose() => _listener.Dispose();
    }
}
