namespace ActorDcp.Protocol.Requests;

/// <summary>Flags of OPEN (dcp-reference.md 3.1).</summary>
[Flags]
public enum DcpOpenFlags
{
    /// <summary>None: the server would act as a consumer, which only the cluster manager asks for.</summary>
    None = 0,
    /// <summary>The server acts as producer.</summary>
    Producer = 0x001,
    /// <summary>Values bring their extended attributes. Needs noop.</summary>
    IncludeXattrs = 0x004,
    /// <summary>Bodies are left out and the datatype says so.</summary>
    NoValue = 0x008,
    /// <summary>Deletions tell their time (v2).</summary>
    IncludeDeleteTimes = 0x020,
    /// <summary>Bodies are left out but the datatype stays, so its Snappy bit cannot be trusted (1.6). Excludes <see cref="NoValue"/>.</summary>
    NoValueWithUnderlyingDatatype = 0x040,
    /// <summary>Deletions bring user attributes too. Needs <see cref="IncludeXattrs"/>.</summary>
    IncludeDeletedUserXattrs = 0x100,
    /// <summary>No deletions in the first backfill; newer servers only (HELO 0x26).</summary>
    SkipDeletesInInitialBackfill = 0x200,
}
