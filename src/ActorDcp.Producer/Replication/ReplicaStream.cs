using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Replication;

/// <summary>One copy of a vbucket as it is fed. Guarded by its session.</summary>
internal sealed class ReplicaStream(VBucket copy, uint opaque, TakeOver? takeOver = null)
{
    /// <summary>The copy that receives.</summary>
    public VBucket Copy => copy;

    /// <summary>Of the request that opened it.</summary>
    public uint Opaque => opaque;

    /// <summary>What is done when the copy becomes active; null when it is only fed.</summary>
    public TakeOver? TakeOver => takeOver;

    /// <summary>Whether the sender waits to hear that the snapshot that is being received is here whole.</summary>
    public bool OwesMarkerReply { get; set; }

    /// <summary>End of the snapshot that is being received.</summary>
    public ulong SnapshotEnd { get; set; }

    /// <summary>End of the last snapshot that was received whole.</summary>
    public ulong CompleteEnd { get; set; }

    /// <summary>Highest prepare that the active copy was told is here.</summary>
    public ulong AcknowledgedPrepare { get; set; }
}
