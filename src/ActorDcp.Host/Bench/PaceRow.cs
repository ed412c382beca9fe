namespace ActorDcp.Host.Bench;

/// <summary>Reader and member at one pace.</summary>
/// <param name="VBuckets">Of the bucket.</param>
/// <param name="Pace">Documents written a second.</param>
/// <param name="EventsPerSecond">What the member handled meanwhile: less when it could not follow.</param>
/// <param name="ReaderCpu">Processors that the reader used.</param>
/// <param name="MemberCpu">Processors that the member used.</param>
/// <param name="TimesReader">Member against reader, run by run.</param>
internal sealed record PaceRow(int VBuckets, int Pace, Spread EventsPerSecond, Spread ReaderCpu, Spread MemberCpu, Spread TimesReader);
