namespace ActorDcp.Host.Bench;

/// <summary>From the answer to a write until its handler is called.</summary>
/// <param name="VBuckets">Of the bucket.</param>
/// <param name="WritesPerSecond">How many were written.</param>
/// <param name="MedianMs">Medians of the runs.</param>
/// <param name="P99Ms">Of each run, what 99 of 100 writes stayed below.</param>
/// <param name="MostMs">Longest of each run.</param>
internal sealed record LatencyRow(int VBuckets, int WritesPerSecond, Spread MedianMs, Spread P99Ms, Spread MostMs)
{
    public static LatencyRow Of(int vbuckets, int writesPerSecond, WriteClock clock, int warm, int runs)
    {
        var each = (clock.Count - warm) / runs;
        var sorted = Enumerable.Range(0, runs).Select(run => clock.Latencies(warm + run * each, each)).ToList();
        return new LatencyRow(
            vbuckets, writesPerSecond,
            Spread.Of(sorted.Select(run => run[run.Length / 2])), Spread.Of(sorted.Select(run => run[run.Length * 99 / 100])), Spread.Of(sorted.Select(run => run[^1])));
    }
}
