namespace ActorDcp.Client.Tests.Stress;

/// <summary>The newest change of a key that a consumer has.</summary>
internal sealed record HeldChange(Seqno Seqno, ulong Cas, bool IsDeleted);
