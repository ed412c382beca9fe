namespace ActorDcp.Protocol.Responses;

/// <summary>What a server says about a status (dcp-reference.md 2.9). Attributes that are not known are left out.</summary>
[Flags]
public enum ErrorAttributes
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>success</summary>
    Success = 1 << 0,
    /// <summary>item-deleted</summary>
    ItemDeleted = 1 << 1,
    /// <summary>item-locked</summary>
    ItemLocked = 1 << 2,
    /// <summary>item-only: about this document, not the connection.</summary>
    ItemOnly = 1 << 3,
    /// <summary>invalid-input</summary>
    InvalidInput = 1 << 4,
    /// <summary>fetch-config: the cluster map is out of date.</summary>
    FetchConfig = 1 << 5,
    /// <summary>conn-state-invalidated: the connection must be closed.</summary>
    ConnectionStateInvalidated = 1 << 6,
    /// <summary>auth</summary>
    Auth = 1 << 7,
    /// <summary>special-handling</summary>
    SpecialHandling = 1 << 8,
    /// <summary>support: the server does not do this.</summary>
    Support = 1 << 9,
    /// <summary>temp</summary>
    Temporary = 1 << 10,
    /// <summary>internal</summary>
    Internal = 1 << 11,
    /// <summary>retry-now</summary>
    RetryNow = 1 << 12,
    /// <summary>retry-later</summary>
    RetryLater = 1 << 13,
    /// <summary>no-retry</summary>
    NoRetry = 1 << 14,
    /// <summary>subdoc</summary>
    Subdoc = 1 << 15,
    /// <summary>dcp</summary>
    Dcp = 1 << 16,
    /// <summary>rate-limit</summary>
    RateLimit = 1 << 17,
    /// <summary>system-constraint</summary>
    SystemConstraint = 1 << 18,
}
