namespace ActorDcp.Host.Bench;

/// <summary>What a member held over a long time while it followed.</summary>
/// <param name="VBuckets">Of the bucket.</param>
/// <param name="Pace">Documents written a second.</param>
/// <param name="EventsPerSecond">What the member handled meanwhile: less when it could not follow.</param>
/// <param name="RssMebibytesPerHour">Slope of the resident memory after the warm-up.</param>
/// <param name="HeapMebibytesPerHour">Slope of the managed heap likewise.</param>
/// <param name="Samples">What was seen, in order of time, the warm-up included.</param>
internal sealed record MemoryRow(
    int VBuckets, int Pace, double EventsPerSecond, double RssMebibytesPerHour, double HeapMebibytesPerHour, IReadOnlyList<MemorySample> Samples)
{
    /// <param name="vbuckets">Of the bucket.</param>
    /// <param name="pace">Documents written a second.</param>
    /// <param name="run">What was seen.</param>
    /// <param name="warm">How many of the samples are warm-up.</param>
    public static MemoryRow Of(int vbuckets, int pace, MemoryRun run, int warm)
    {
        double Slope(Func<MemorySample, long> bytes) => PerHour([.. run.Samples.Skip(warm).Select(sample => (sample.Minutes / 60, bytes(sample) / (1024.0 * 1024)))]);
        return new MemoryRow(vbuckets, pace, run.EventsPerSecond, Slope(sample => sample.RssBytes), Slope(sample => sample.HeapBytes), run.Samples);
    }

    // least squares
    private static double PerHour(IReadOnlyList<(double Hours, double Mebibytes)> points)
    {
        var (hours, mebibytes) = (points.Average(point => point.Hours), points.Average(point => point.Mebibytes));
        return points.Sum(point => (point.Hours - hours) * (point.Mebibytes - mebibytes)) / points.Sum(point => (point.Hours - hours) * (point.Hours - hours));
    }
}

/// <summary>What a member held at one moment.</summary>
/// <param name="Minutes">Since it was ready.</param>
/// <param name="RssBytes">Resident.</param>
/// <param name="HeapBytes">Of the managed heap after its last collection.</param>
/// <param name="CommittedBytes">That the managed heap had taken from the system then.</param>
internal sealed record MemorySample(double Minutes, long RssBytes, long HeapBytes, long CommittedBytes);

/// <summary>A member watched.</summary>
/// <param name="Samples">What it held.</param>
/// <param name="EventsPerSecond">What it handled.</param>
internal sealed record MemoryRun(IReadOnlyList<MemorySample> Samples, double EventsPerSecond);
