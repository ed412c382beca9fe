namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>What a change does to what a reader has.</summary>
internal enum ChangeKind
{
    Stored,
    Removed,
    /// <summary>Prepare: nothing yet.</summary>
    Prepared,
    /// <summary>Abort: nothing.</summary>
    Aborted,
    /// <summary>A scope or collection began or changed.</summary>
    Told,
    /// <summary>A collection ended, with all its documents.</summary>
    Dropped,
}
