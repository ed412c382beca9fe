namespace ActorDcp.Client;

/// <summary>What a DCP connection asks for (dcp-reference.md 3.1, 3.2). A node that lacks an optional feature still connects: see <see cref="DcpConnectionInfo"/>.</summary>
public sealed record DcpConnectionOptions
{
    /// <summary>Node, bucket (required here) and login.</summary>
    public required KvConnectionOptions Kv { get; init; }

    /// <summary>
    /// Name of the connection, at most 200 bytes. A second connection of the same name makes the node drop the first, so it must
    /// be unique per node and process.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Flow-control window in bytes: what a node may send before anything is released. Default 20 MiB; 0 switches flow control off.</summary>
    public int Window { get; init; } = 20 * 1024 * 1024;

    /// <summary>Budget for bytes that were moved out of the window; null, the default, allows none.</summary>
    public ParkedBudget? Parked { get; init; }

    /// <summary>How often the node says it is alive, at least 0.1 s. Nothing received for twice as long closes the connection. Default 10 s.</summary>
    public TimeSpan NoopInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether keys tell their collection. Default true; off, only the default collection is streamed.</summary>
    public bool Collections { get; init; } = true;

    /// <summary>Whether values carry their extended attributes. Default false.</summary>
    public bool Xattrs { get; init; }

    /// <summary>Whether deletions carry the user's extended attributes too; needs <see cref="Xattrs"/>. Default false.</summary>
    public bool DeletedUserXattrs { get; init; }

    /// <summary>Whether deletions carry their time and expirations come as such. Default true.</summary>
    public bool DeleteTimes { get; init; } = true;

    /// <summary>Whether values are left out. Default false.</summary>
    public bool NoValue { get; init; }

    /// <summary>With <see cref="NoValue"/>: whether the datatype of the left-out value is told. Default false.</summary>
    public bool UnderlyingDatatype { get; init; }

    /// <summary>Compression of values. Default on.</summary>
    public DcpCompression Compression { get; init; } = DcpCompression.On;

    /// <summary>Priority at the node. Default medium.</summary>
    public DcpPriority Priority { get; init; } = DcpPriority.Medium;

    /// <summary>Whether the first backfill of one collection may come out of seqno order. Default false.</summary>
    public bool Oso { get; init; }

    /// <summary>Whether several streams a vbucket may be open, each with its own id. Default false.</summary>
    public bool StreamIds { get; init; }

    /// <summary>Whether prepares, commits and aborts of durable writes are streamed. Default false; excludes <see cref="StreamIds"/>.</summary>
    public bool SyncWrites { get; init; }

    /// <summary>Whether history of change-stream collections is kept apart. Default false.</summary>
    public bool ChangeStreams { get; init; }

    /// <summary>Whether disk snapshots may be announced with version 2.2 markers, which tell the purge seqno. Default true.</summary>
    public bool MaxMarker22 { get; init; } = true;

    /// <summary>Whether deletions are left out of a first backfill, where the node can do so. Default false.</summary>
    public bool SkipDeletesInInitialBackfill { get; init; }
}
