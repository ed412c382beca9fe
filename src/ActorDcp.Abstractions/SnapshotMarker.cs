namespace ActorDcp;

/// <summary>Flags of a snapshot marker (dcp-reference.md 3.8). Unknown bits are kept.</summary>
[Flags]
public enum SnapshotFlags
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>From memory.</summary>
    Memory = 0x01,
    /// <summary>From disk: deduplicated across its whole range.</summary>
    Disk = 0x02,
    /// <summary>Starts a checkpoint; a client need not care.</summary>
    Checkpoint = 0x04,
    /// <summary>The producer wants a reply; takeover only.</summary>
    Acknowledge = 0x08,
    /// <summary>Items of history-keeping collections are not deduplicated.</summary>
    History = 0x10,
    /// <summary>The same key may occur twice.</summary>
    MayContainDuplicateKeys = 0x20,
}

/// <summary>The announcement of a snapshot (dcp-reference.md 3.8). What a version does not carry is 0.</summary>
/// <param name="Snapshot">Range of seqnos announced.</param>
/// <param name="Flags">Where it comes from and what may be in it.</param>
/// <param name="Version">Wire version: 1.0, 2.0 or 2.2.</param>
/// <param name="MaxVisibleSeqno">v2: highest committed seqno in it.</param>
/// <param name="HighCompletedSeqno">v2 from disk: highest sync write that was completed.</param>
/// <param name="PurgeSeqno">v2.2 from disk: highest tombstone that was purged.</param>
/// <param name="HighPreparedSeqno">v2.2 from disk: highest sync write that was prepared.</param>
public sealed record SnapshotMarker(
    StreamSnapshot Snapshot,
    SnapshotFlags Flags,
    SnapshotMarkerVersion Version = SnapshotMarkerVersion.V1,
    Seqno MaxVisibleSeqno = default,
    Seqno HighCompletedSeqno = default,
    Seqno PurgeSeqno = default,
    Seqno HighPreparedSeqno = default);

/// <summary>Wire versions of a snapshot marker.</summary>
public enum SnapshotMarkerVersion : byte
{
    /// <summary>Range and flags.</summary>
    V1 = 10,
    /// <summary>Adds the max visible and the high completed seqno.</summary>
    V20 = 20,
    /// <summary>Adds the purge and the high prepared seqno.</summary>
    V22 = 22,
}
