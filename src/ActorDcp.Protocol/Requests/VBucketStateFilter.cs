namespace ActorDcp.Protocol.Requests;

/// <summary>Which vbuckets a GET_ALL_VB_SEQNOS asks about (dcp-reference.md 3.20).</summary>
public enum VBucketStateFilter
{
    /// <summary>Active, replica and pending ones.</summary>
    Alive = 0,
    /// <summary>Active ones.</summary>
    Active = 1,
    /// <summary>Replicas. Their answer can exceed what the node has received.</summary>
    Replica = 2,
    /// <summary>Pending ones.</summary>
    Pending = 3,
    /// <summary>Dead ones.</summary>
    Dead = 4,
}
