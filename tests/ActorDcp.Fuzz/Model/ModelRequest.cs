namespace ActorDcp.Fuzz.Model;

/// <summary>A stream request in plain numbers (dcp-reference.md 3.3).</summary>
/// <param name="Start">Last seqno that the consumer has.</param>
/// <param name="Uuid">Branch.</param>
/// <param name="SnapStart">Start of its snapshot.</param>
/// <param name="SnapEnd">End of its snapshot.</param>
/// <param name="Flags">0x20 checks the branch at 0 too, 0x80 skips the check for purged tombstones.</param>
/// <param name="FilterHigh">High seqno of the collections asked for; null without a filter.</param>
internal readonly record struct ModelRequest(
    ulong Start, ulong Uuid, ulong SnapStart, ulong SnapEnd, uint Flags = 0, ulong? FilterHigh = null);
