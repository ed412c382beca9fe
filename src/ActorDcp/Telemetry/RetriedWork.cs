namespace ActorDcp.Telemetry;

/// <summary>What is tried again after a failure, with backoff.</summary>
internal enum RetriedWork
{
    /// <summary>Opening a vbucket's stream.</summary>
    Stream,

    /// <summary>Connecting to a data node.</summary>
    Connection,

    /// <summary>Finding a node that tells the cluster map.</summary>
    Map,

    /// <summary>Reading the collections manifest.</summary>
    Manifest,

    /// <summary>Asking what a node has on disk.</summary>
    Persistence,

    /// <summary>Registering the group.</summary>
    Registration,
}
