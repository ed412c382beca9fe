namespace ActorDcp.Protocol;

/// <summary>Ids of framing entries that requests carry (dcp-reference.md 1.4).</summary>
public enum RequestFramingId
{
    /// <summary>No data: do not reorder with commands before it.</summary>
    Barrier = 0,
    /// <summary>u8 level, optional u16 timeout in milliseconds.</summary>
    Durability = 1,
    /// <summary>u16 id of a DCP stream.</summary>
    StreamId = 2,
    /// <summary>Name of an impersonated user.</summary>
    ImpersonatedUser = 4,
    /// <summary>No data: keep the document's expiry.</summary>
    PreserveTtl = 5,
    /// <summary>Name of an extra privilege.</summary>
    ExtraPrivilege = 6,
    /// <summary>u16 id of a token.</summary>
    TokenId = 7,
}

/// <summary>Ids of framing entries that responses carry (dcp-reference.md 1.4).</summary>
public enum ResponseFramingId
{
    /// <summary>u16, encoded as <see cref="Protocol.ServerDuration"/>.</summary>
    ServerDuration = 0,
    /// <summary>u16 read units.</summary>
    ReadUnits = 1,
    /// <summary>u16 write units.</summary>
    WriteUnits = 2,
    /// <summary>u16, encoded as <see cref="Protocol.ServerDuration"/>.</summary>
    ThrottleDuration = 3,
}
