using System.Diagnostics;
using System.Globalization;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Serve;

namespace ActorDcp.Host.Bench;

/// <summary>
/// Time from the answer to a write until the handler is called with it. The producer is a process of its own; the writer, one KV
/// connection, and the member share this one, and its clock.
/// </summary>
internal static class LatencyBench
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<LatencyRow>> RunAsync(BenchArguments arguments, Terminal terminal, CancellationToken stopping)
    {
        var rows = new List<LatencyRow>();
        foreach (var vbuckets in arguments.VBuckets)
        {
            rows.Add(await Laboratory.WithinAsync(
                Deadline + arguments.Runs * (arguments.Warm + arguments.Watched), deadline => RunAsync(arguments, vbuckets, terminal, deadline),
                $"writes to {vbuckets} vbuckets were not all handled", stopping).ConfigureAwait(false));
        }
        return rows;
    }

    private static async Task<LatencyRow> RunAsync(BenchArguments arguments, int vbuckets, Terminal terminal, CancellationToken deadline)
    {
        var producer = await BenchProducer.StartAsync(Deadline, vbuckets, [], deadline).ConfigureAwait(false);
        await using (producer.ConfigureAwait(false))
        {
            var folder = Directory.CreateTempSubdirectory("actordcp-bench-");
            try
            {
                var rate = arguments.WritesPerSecond;
                var clock = new WriteClock((int)(rate * (arguments.Warm + arguments.Runs * arguments.Watched).TotalSeconds));
                var member = await LocalMember.StartAsync(
                    "bench", $"couchbase://127.0.0.1:{Laboratory.Text(producer.Port)}",
                    [new("Persistence:ConnectionString", $"Data Source={Path.Combine(folder.FullName, "bench.db")}")],
                    (services, actorDcp) =>
                    {
                        services.AddSingleton(clock);
                        actorDcp.AddHandler<LatencyHandler>();
                    },
                    log: null, deadline).ConfigureAwait(false);
                await using (member.ConfigureAwait(false))
                {
                    terminal.Log($"{vbuckets} vbuckets: {clock.Count} writes, {rate} a second");
                    await KvWriter.RunAsync(producer.Port, vbuckets, rate, arguments.ValueSize, clock, deadline).ConfigureAwait(false);
                    await clock.AllHandled.WaitAsync(deadline).ConfigureAwait(false);
                }
                return LatencyRow.Of(vbuckets, rate, clock, warm: (int)(rate * arguments.Warm.TotalSeconds), arguments.Runs);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    /// <summary>Notes when it is called with which writes.</summary>
    private sealed class LatencyHandler(WriteClock clock) : IDcpHandler
    {
        public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var change in batch)
                clock.Handled(int.Parse(change.Key.Span, NumberStyles.None, CultureInfo.InvariantCulture), now);
            return ValueTask.CompletedTask;
        }

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }
}
