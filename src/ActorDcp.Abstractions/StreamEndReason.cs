namespace ActorDcp;

/// <summary>Why a producer ended a stream (dcp-reference.md 3.7). Unknown codes are kept; treat them as <see cref="StateChanged"/>.</summary>
public enum StreamEndReason : uint
{
    /// <summary>The end seqno that was asked for is reached.</summary>
    Ok = 0,
    /// <summary>The consumer closed it.</summary>
    Closed = 1,
    /// <summary>The vbucket moved, changed its state, or must roll back: ask again.</summary>
    StateChanged = 2,
    /// <summary>Never sent.</summary>
    Disconnected = 3,
    /// <summary>The consumer was too slow: ask again.</summary>
    TooSlow = 4,
    /// <summary>The backfill failed: ask again after a while.</summary>
    BackfillFailed = 5,
    /// <summary>Never sent: appears as <see cref="StateChanged"/>.</summary>
    Rollback = 6,
    /// <summary>Every collection of the filter was dropped.</summary>
    FilterEmpty = 7,
    /// <summary>The user may no longer read what was asked for.</summary>
    LostPrivileges = 8,
}
