namespace ActorDcp.Protocol.Responses;

/// <summary>What OBSERVE_SEQNO tells about a branch that a failover ended.</summary>
/// <param name="OldUuid">The branch.</param>
/// <param name="LastSeqno">Its last seqno.</param>
public readonly record struct ObservedFailover(VBucketUuid OldUuid, Seqno LastSeqno);
