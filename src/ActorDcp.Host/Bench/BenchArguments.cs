namespace ActorDcp.Host.Bench;

/// <summary>What <c>bench</c> is asked for.</summary>
/// <param name="VBuckets">Numbers of vbuckets to measure with.</param>
/// <param name="FewEvents">Events of the shorter of two runs; the cost is the slope between them.</param>
/// <param name="ManyEvents">Events of the longer one.</param>
/// <param name="ValueSizes">Bytes of a document: one or more for the cost, one for all else.</param>
/// <param name="Runs">How often each is repeated, in turns.</param>
/// <param name="Subjects">Whose cost is measured side by side.</param>
/// <param name="Pace">Documents written a second when reader and member follow, and while memory is watched.</param>
/// <param name="WritesPerSecond">Documents written a second when latency is measured.</param>
/// <param name="Warm">Time before pace and latency are looked at.</param>
/// <param name="Watched">Time that a run of either is looked at.</param>
/// <param name="MemoryWatched">Time that a member's memory is looked at.</param>
internal sealed record BenchArguments(
    IReadOnlyList<int> VBuckets, int FewEvents, int ManyEvents, IReadOnlyList<int> ValueSizes, int Runs, IReadOnlyList<string> Subjects,
    int Pace, int WritesPerSecond, TimeSpan Warm, TimeSpan Watched, TimeSpan MemoryWatched)
{
    private const int SmallValue = 256;

    public int ValueSize => ValueSizes[0];

    /// <summary>Events of the two runs with values of a size: of large ones fewer, that make as many bytes.</summary>
    public (int Few, int Many) EventsOf(int valueSize)
    {
        var few = Of(FewEvents);
        return (few, Math.Max(few + 1, Of(ManyEvents)));

        int Of(int events) => (int)Math.Max(1, (long)events * SmallValue / Math.Max(SmallValue, valueSize));
    }
}
