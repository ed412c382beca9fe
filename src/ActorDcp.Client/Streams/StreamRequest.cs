namespace ActorDcp.Client;

/// <summary>What a stream is asked for (dcp-reference.md 3.3).</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="From">Position of the consumer; delivery begins above it.</param>
/// <param name="Until">Last seqno wanted, inclusive; <see cref="Seqno.Max"/> for ever.</param>
/// <param name="Filter">Collections or a scope; null for everything.</param>
/// <param name="Flags">Flags of the request.</param>
public sealed record StreamRequest(
    VBucketId VBucket,
    StreamOffset From,
    Seqno Until,
    StreamFilter? Filter = null,
    StreamRequestFlags Flags = StreamRequestFlags.ActiveVBucketOnly);

/// <summary>What a stream is limited to: either collections or one scope.</summary>
/// <param name="CollectionIds">Collections by id.</param>
/// <param name="ScopeId">One scope by id.</param>
public sealed record StreamFilter(IReadOnlyList<uint>? CollectionIds = null, uint? ScopeId = null);

/// <summary>Flags of a stream request (dcp-reference.md 3.3).</summary>
[Flags]
public enum StreamRequestFlags
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Only what is on disk.</summary>
    DiskOnly = 0x02,
    /// <summary>Until the high seqno of now.</summary>
    ToLatest = 0x04,
    /// <summary>Refuse replicas.</summary>
    ActiveVBucketOnly = 0x10,
    /// <summary>Check the branch even at seqno 0.</summary>
    StrictVBucketUuid = 0x20,
    /// <summary>From the high seqno of now.</summary>
    FromLatest = 0x40,
    /// <summary>Skip the check for purged tombstones.</summary>
    IgnorePurgedTombstones = 0x80,
}
