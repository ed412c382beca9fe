namespace ActorDcp.Host.Bench;

/// <summary>What <c>bench</c> is asked for.</summary>
/// <param name="VBuckets">Numbers of vbuckets to measure with.</param>
/// <param name="FewEvents">Events of the shorter of two runs; the cost is the slope between them.</param>
/// <param name="ManyEvents">Events of the longer one.</param>
/// <param name="ValueSize">Bytes of a document.</param>
/// <param name="Runs">How often each is repeated, in turns.</param>
/// <param name="Subjects">Whose cost is measured side by side.</param>
/// <param name="Pace">Documents written a second when reader and member follow.</param>
/// <param name="WritesPerSecond">Documents written a second when latency is measured.</param>
/// <param name="Warm">Time before pace and latency are looked at.</param>
/// <param name="Watched">Time that a run of either is looked at.</param>
internal sealed record BenchArguments(
    IReadOnlyList<int> VBuckets, int FewEvents, int ManyEvents, int ValueSize, int Runs, IReadOnlyList<string> Subjects,
    int Pace, int WritesPerSecond, TimeSpan Warm, TimeSpan Watched);
