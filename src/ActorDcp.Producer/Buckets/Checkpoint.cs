namespace ActorDcp.Producer.Buckets;

/// <summary>A run of changes of which a key appears only once (dcp-reference.md 5.4). The last one of a vbucket is open.</summary>
internal sealed class Checkpoint(ulong snapshotStart, ulong firstSeqno, bool isDisk = false)
{
    /// <summary>Start that markers of this checkpoint announce.</summary>
    public ulong SnapshotStart { get; } = snapshotStart;

    /// <summary>Whether a replica was sent it from its sender's disk; its markers say so too.</summary>
    public bool IsDisk { get; } = isDisk;

    /// <summary>First seqno that may be in it.</summary>
    public ulong FirstSeqno { get; } = firstSeqno;

    /// <summary>Last seqno in it; of an open checkpoint the high seqno.</summary>
    public ulong LastSeqno { get; set; } = firstSeqno - 1;

    /// <summary>Changes in it that no later one of it replaced.</summary>
    public int ItemCount { get; set; }
}
