namespace ActorDcp.Hosting;

/// <summary>What is streamed. Part of the group's identity: a later start with another filter is refused.</summary>
public sealed class StreamOptions
{
    /// <summary>Collections by number (decimal, or hexadecimal with 0x) or as <c>scope.name</c>; empty for all.</summary>
    public IList<string> Collections { get; } = [];

    /// <summary>One scope by name or number, instead of collections; null for all.</summary>
    public string? Scope { get; set; }

    /// <summary>Whether extended attributes are streamed with the documents.</summary>
    public bool Xattrs { get; set; }

    /// <summary>Whether deletions carry the user's extended attributes too; needs <see cref="Xattrs"/>.</summary>
    public bool DeletedUserXattrs { get; set; }

    /// <summary>Whether deletions carry their time.</summary>
    public bool DeleteTimes { get; set; }

    /// <summary>Whether documents come without their values.</summary>
    public bool NoValue { get; set; }

    /// <summary>With <see cref="NoValue"/>: whether documents still say of what datatype the value is that they come without.</summary>
    public bool UnderlyingDatatype { get; set; }

    /// <summary>Whether values travel compressed. Default: as they are stored.</summary>
    public StreamCompression Compression { get; set; } = StreamCompression.On;

    /// <summary>Whether prepares, commits and aborts of durable writes are streamed. Cannot go with collections or a scope.</summary>
    public bool SyncWrites { get; set; }

    /// <summary>Whether every version of collections that keep history is streamed, where the bucket's storage does (Magma).</summary>
    public bool ChangeStreams { get; set; }

    /// <summary>
    /// Whether the first backfill of one collection may come out of seqno order, which is faster where it is few documents of many.
    /// Until it is whole, positions stay where it began: a crash in between delivers it again. Needs collections or a scope.
    /// </summary>
    public bool Oso { get; set; }

    /// <summary>The producer's priority for these connections; null leaves it alone.</summary>
    public StreamPriority? Priority { get; set; }

    /// <summary>
    /// How often to ask which changes every copy has on disk: only those are handed on, so a failover rolls hardly anything back; zero,
    /// the default, hands on all at once. Not on Ephemeral buckets.
    /// </summary>
    public TimeSpan RollbackMitigationInterval { get; set; }
}
