namespace ActorDcp.Cluster.Tests.Campaign;

/// <summary>What can go wrong in a campaign.</summary>
internal enum FaultKind
{
    /// <summary>kill -9 of a member, which is started again later.</summary>
    Kill,
    /// <summary>SIGTERM of a member, which is started again later.</summary>
    Leave,
    /// <summary>SIGSTOP and SIGCONT of a member.</summary>
    Hang,
    /// <summary>One member cannot reach the others.</summary>
    Part,
    /// <summary>The database refuses all connections.</summary>
    DatabaseDown,
    /// <summary>The database answers nobody.</summary>
    DatabaseSilent,
    /// <summary>One member cannot reach the database.</summary>
    DatabaseCut,
    /// <summary>All connections to the database are cut once.</summary>
    DatabaseReset,
    /// <summary>All connections to Couchbase are cut.</summary>
    NodesReset,
    /// <summary>Connections to a node are cut in the middle of a frame.</summary>
    FrameCut,
    /// <summary>Nothing is streamed for a while.</summary>
    NodesSilent,
    /// <summary>A storm of temporary failures.</summary>
    TemporaryFailures,
    /// <summary>Vbuckets move between nodes.</summary>
    VBucketMoves,
    /// <summary>A node crashes and comes back.</summary>
    NodeCrash,
    /// <summary>A vbucket loses its newest changes, as in a failover to a replica that lagged.</summary>
    Rollback,
}
