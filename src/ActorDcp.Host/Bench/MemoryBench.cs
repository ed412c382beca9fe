using System.Globalization;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>
/// Whether a member grows: what it holds, looked at from outside, while the producer writes so many documents a second for as long as
/// was asked for. The first third is warm-up: what is compiled, rented and kept once.
/// </summary>
internal static class MemoryBench
{
    private const int Samples = 30;
    private const int WarmSamples = Samples / 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<MemoryRow>> RunAsync(BenchArguments arguments, Terminal terminal, CancellationToken stopping)
    {
        var rows = new List<MemoryRow>();
        foreach (var vbuckets in arguments.VBuckets)
        {
            var producer = await BenchProducer.StartWritingAsync(Deadline, vbuckets, arguments, stopping).ConfigureAwait(false);
            await using (producer.ConfigureAwait(false))
            {
                var run = await Laboratory.WithinAsync(
                    Deadline + arguments.MemoryWatched,
                    deadline => BenchMember.WatchMemoryAsync(
                        producer.Port, Samples, arguments.MemoryWatched / Samples, sample => terminal.Log(Show(vbuckets, sample)), deadline),
                    "the member did not follow", stopping).ConfigureAwait(false);
                rows.Add(MemoryRow.Of(vbuckets, arguments.Pace, run, WarmSamples));
            }
        }
        return rows;
    }

    private static string Show(int vbuckets, MemorySample sample) => string.Create(
        CultureInfo.InvariantCulture,
        $"{vbuckets} vbuckets, {sample.Minutes:0.0} minutes: {Mebibytes(sample.RssBytes)} MiB resident, managed heap {Mebibytes(sample.HeapBytes)} of {Mebibytes(sample.CommittedBytes)} MiB");

    private static long Mebibytes(long bytes) => bytes / (1024 * 1024);
}
