using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>
/// One change of one document, as log, checkpoints and key index share it. Immutable but for <see cref="SupersededAt"/>.
/// Key (with its collection prefix) and value lie in one array, as they lie on the wire, so sending is one copy.
/// </summary>
internal class StoredItem
{
    private const int SizeOfItem = 128;
    private const int FetchedOfData = 384;
    private const ulong PurgedBit = 1UL << 63;
    private readonly byte[] _data;
    private readonly ushort _keyLength;
    private ulong _supersededAt;

    protected StoredItem(byte[] data, int keyLength, in ItemMetadata metadata)
    {
        _data = data;
        _keyLength = (ushort)keyLength;
        Seqno = metadata.Seqno;
        Cas = metadata.Cas;
        Rev = metadata.Rev;
        Flags = metadata.Flags;
        Expiry = metadata.Expiry;
        Datatype = metadata.Datatype;
        Kind = metadata.Kind;
    }

    public ulong Seqno { get; }

    public ulong Cas { get; }

    public ulong Rev { get; }

    public uint Flags { get; }

    /// <summary>Absolute expiry of a mutation (0 none); time of the deletion for the other kinds. Unix seconds.</summary>
    public uint Expiry { get; }

    public Datatype Datatype { get; }

    public ItemKind Kind { get; }

    public bool IsDeleted => Kind != ItemKind.Mutation;

    /// <summary>Whether the purger may take it: a deletion, or the end of a scope or collection.</summary>
    public bool IsTombstone => Kind is ItemKind.Deletion or ItemKind.Expiration
        || (Kind == ItemKind.SystemEvent && (CollectionEventKind)Flags is CollectionEventKind.CollectionEnd or CollectionEventKind.ScopeDrop);

    /// <summary>Whether it is a change of a document.</summary>
    public bool IsDocument => Kind is ItemKind.Mutation or ItemKind.Deletion or ItemKind.Expiration;

    /// <summary>Whether it is a prepare or an abort: those are no documents, and stand beside them under the same keys.</summary>
    public bool IsBesideDocuments => Kind is ItemKind.Prepare or ItemKind.Abort;

    /// <summary>Kind as stores keep it; more than <see cref="Kind"/> only for steps of durable writes.</summary>
    public virtual long PackedKind => (long)Kind;

    public bool IsPurged => SupersededAt >= PurgedBit;

    /// <summary>Seqno of the change that replaced this one; 0 while it is the key's newest; above all seqnos once it is purged.</summary>
    public ulong SupersededAt
    {
        get => Volatile.Read(ref _supersededAt);
        set => Volatile.Write(ref _supersededAt, value);
    }

    /// <summary>Read back from disk at a start, and not in memory otherwise: streams get it as storage keeps it.</summary>
    public bool IsCold { get; set; }

    /// <summary>Of a deletion by a sub-document request: the expiry that the document had, which is told of until the deletion is on disk; else 0.</summary>
    public uint ExpiryBefore { get; set; }

    /// <summary>How often the document is used. Goes on to its next version.</summary>
    public byte Frequency { get; set; } = FrequencyCounter.Initial;

    /// <summary>Collection prefix and key.</summary>
    public ReadOnlySpan<byte> Key => _data.AsSpan(0, _keyLength);

    public ReadOnlySpan<byte> Value => _data.AsSpan(_keyLength);

    public ReadOnlySpan<byte> KeyAndValue => _data;

    /// <summary>Whether it makes a document, and is no step of a durable write.</summary>
    public bool IsPlainMutation => Kind == ItemKind.Mutation && GetType() == typeof(StoredItem);

    /// <summary>Key and value will be read soon.</summary>
    public void FetchData() => CacheLines.Fetch(_data, FetchedOfData);

    public int KeyLength => _keyLength;

    public int ValueLength => _data.Length - _keyLength;

    /// <summary>Whether a snapshot that ends at a seqno leaves this change out, because a later one of the key is in it.</summary>
    public bool IsSupersededWithin(ulong snapshotEnd) => SupersededAt - 1 < snapshotEnd;

    /// <summary>The run of the purger that took this tombstone, also once a later change of the key has replaced it; 0 for none.</summary>
    public uint PurgeRun { get; private set; }

    /// <summary>Purges a tombstone: slices of the disk that are made from now on leave it out; those in work and memory keep it.</summary>
    public void PurgeIn(uint run)
    {
        PurgeRun = run;
        SupersededAt = PurgedBit | run;
    }

    /// <summary>Whether a slice that was made after so many runs of the purger leaves this change out.</summary>
    public bool IsPurgedWithin(uint runs) => SupersededAt - PurgedBit <= runs;

    /// <summary>Whether it is a prepare whose commit is in a snapshot that ends at a seqno: the disk leaves it out.</summary>
    public virtual bool IsCompletedWithin(ulong snapshotEnd) => false;

    public bool IsExpiredAt(uint now) => Kind == ItemKind.Mutation && Expiry != 0 && Expiry <= now;

    protected byte[] Data => _data;

    protected ItemMetadata Metadata => new(Seqno, Cas, Rev, Flags, Expiry, Datatype, Kind);

    /// <summary>All of a change but its key and value will be read soon.</summary>
    public static void Fetch(StoredItem? item) => CacheLines.Fetch(item, SizeOfItem);

    public static StoredItem Create(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ItemMetadata metadata) =>
        new(Join(key, value), key.Length, metadata);

    /// <summary>Makes a change that a store kept; see <see cref="PackedKind"/>.</summary>
    public static StoredItem Restore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in ItemMetadata metadata, long packedKind) =>
        SyncWriteItem.IsPacked(packedKind)
            ? SyncWriteItem.Unpack(key, value, metadata, packedKind)
            : Create(key, value, metadata with { Kind = (ItemKind)packedKind });

    protected static byte[] Join(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var data = GC.AllocateUninitializedArray<byte>(key.Length + value.Length);
        key.CopyTo(data);
        value.CopyTo(data.AsSpan(key.Length));
        return data;
    }
}
