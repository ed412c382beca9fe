namespace ActorDcp.Producer.Faults;

/// <summary>The faults that are in force at a node, or waiting for their moment.</summary>
public sealed record NodeFaultsReport
{
    /// <summary>Whether no stream messages are sent.</summary>
    public bool IsStalled { get; init; }

    /// <summary>Whether no-ops are not sent.</summary>
    public bool DropsNoops { get; init; }

    /// <summary>By how much no-ops are late.</summary>
    public TimeSpan NoopDelay { get; init; }

    /// <summary>How long each write to disk waits.</summary>
    public TimeSpan DiskDelay { get; init; }

    /// <summary>Requests that will be answered with a status instead of being served.</summary>
    public int AnswersLeft { get; init; }

    /// <summary>Cuts that no connection has been given yet.</summary>
    public int CutsLeft { get; init; }

    /// <summary>Whether the next marker is the last thing the node sends.</summary>
    public bool DiesAfterMarker { get; init; }
}
