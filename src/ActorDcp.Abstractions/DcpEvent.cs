namespace ActorDcp;

/// <summary>What an event tells.</summary>
public enum DcpEventKind : byte
{
    /// <summary>A document was created or changed.</summary>
    Mutation = 1,
    /// <summary>A document was deleted.</summary>
    Deletion,
    /// <summary>A document expired. Only where the expiry opcode is in force; else it arrives as <see cref="Deletion"/>.</summary>
    Expiration,
    /// <summary>A scope or collection changed.</summary>
    SystemEvent,
    /// <summary>Nothing for this stream's filter up to this seqno.</summary>
    SeqnoAdvanced,
    /// <summary>A durable write was prepared. Only where sync writes were asked for.</summary>
    Prepare,
    /// <summary>A durable write was committed.</summary>
    Commit,
    /// <summary>A durable write was aborted.</summary>
    Abort,
    /// <summary>Events follow out of seqno order until <see cref="OsoEnd"/>.</summary>
    OsoStart,
    /// <summary>The out-of-order snapshot is whole.</summary>
    OsoEnd,
}

/// <summary>
/// One event of a vbucket. A plain value that may live across an <c>await</c>; its key and value are slices of its batch's
/// buffers and are valid until that batch is released (<see cref="DcpBatch"/>). What a kind does not carry is zero or empty.
/// </summary>
public readonly struct DcpEvent
{
    internal DcpBatch? Batch { get; init; }

    /// <summary>Index of the event in its batch.</summary>
    public int Index { get; internal init; }

    /// <summary>What the event tells.</summary>
    public DcpEventKind Kind { get; init; }

    /// <summary>What the value is made of, as it travelled: the Snappy bit tells whether <see cref="Value"/> is compressed.</summary>
    public Datatype Datatype { get; init; }

    /// <summary>The vbucket.</summary>
    public VBucketId VBucket { get; init; }

    /// <summary>Position in the vbucket's history. For a commit or abort that of the commit or abort.</summary>
    public Seqno Seqno { get; init; }

    /// <summary>How often the document has changed.</summary>
    public ulong RevSeqno { get; init; }

    /// <summary>Compare-and-swap value, which is also the time of the change in nanoseconds of a hybrid clock.</summary>
    public ulong Cas { get; init; }

    /// <summary>The writer's four bytes of flags.</summary>
    public uint Flags { get; init; }

    /// <summary>Time at which the document expires, Unix seconds; 0 never.</summary>
    public uint Expiry { get; init; }

    /// <summary>Time of deletion or expiration, Unix seconds; 0 where delete times were not asked for.</summary>
    public uint DeleteTime { get; init; }

    /// <summary>Collection of the document; 0 is the default collection.</summary>
    public uint CollectionId { get; init; }

    /// <summary>For a commit or abort: the seqno of its prepare.</summary>
    public Seqno PreparedSeqno { get; init; }

    /// <summary>For a prepare: the durability level asked for.</summary>
    public byte DurabilityLevel { get; init; }

    /// <summary>The document's key, without the collection prefix.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>The value as it travelled: extended attributes and body together, perhaps compressed (<see cref="Datatype"/>).</summary>
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>For a system event: what happened; null when this version of the event is not known.</summary>
    public CollectionEvent? CollectionEvent { get; init; }

    /// <summary>Whether a document was created or changed.</summary>
    public bool IsMutation => Kind == DcpEventKind.Mutation;

    /// <summary>Whether a document was deleted or expired.</summary>
    public bool IsRemoval => Kind is DcpEventKind.Deletion or DcpEventKind.Expiration;

    /// <summary>Bytes of the frame on the wire, header included; what flow control charges for it.</summary>
    public int WireBytes { get; init; }
}
