namespace ActorDcp.Producer.Buckets;

/// <summary>State of a vbucket on a node (dcp-reference.md 5.1).</summary>
public enum VBucketState : byte
{
    /// <summary>Takes writes and streams.</summary>
    Active = 1,
    /// <summary>Streams, takes no writes.</summary>
    Replica = 2,
    /// <summary>About to become active: neither streams nor takes writes.</summary>
    Pending = 3,
    /// <summary>Answers nothing but its failover log.</summary>
    Dead = 4,
}
