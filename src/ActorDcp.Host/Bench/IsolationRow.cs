namespace ActorDcp.Host.Bench;

/// <summary>What a vbucket whose handler sleeps costs the others.</summary>
/// <param name="VBuckets">Of the bucket; one of them sleeps.</param>
/// <param name="EventsPerSecond">Of the others, while it does not.</param>
/// <param name="BesideSlow">Of the others, while it does.</param>
/// <param name="Ratio">The second against the first, run by run.</param>
/// <param name="ReadOverDelivered">Bytes read, those again included, against bytes delivered.</param>
internal sealed record IsolationRow(int VBuckets, Spread EventsPerSecond, Spread BesideSlow, Spread Ratio, Spread ReadOverDelivered);
