using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>
/// A step of a durable write: a prepare, its abort, or its commit, which is a mutation or deletion like any other but names its
/// prepare. Prepares and aborts live beside the documents: a key has at most one newest of them (dcp-reference.md 5.4).
/// </summary>
internal sealed class SyncWriteItem : StoredItem
{
    private const int LevelShift = 8;
    private const int DeletionBit = 1 << 12;
    private const int PreparedShift = 16;
    private ulong _completedAt;

    private SyncWriteItem(byte[] data, int keyLength, in ItemMetadata metadata)
        : base(data, keyLength, metadata)
    {
    }

    /// <summary>Seqno of the prepare that this completes; of a prepare its own.</summary>
    public ulong PreparedSeqno { get; private init; }

    public DurabilityLevel Level { get; private init; }

    /// <summary>Whether a deletion is prepared.</summary>
    public bool PreparesDeletion { get; private init; }

    /// <summary>Seqno of the commit of this prepare; 0 while it is pending. From then on the disk does not show it any more.</summary>
    public ulong CompletedAt
    {
        get => Volatile.Read(ref _completedAt);
        set => Volatile.Write(ref _completedAt, value);
    }

    /// <summary>Kind, level, deletion and prepared seqno in one number, for stores.</summary>
    public override long PackedKind =>
        (long)Kind | (long)Level << LevelShift | (PreparesDeletion ? DeletionBit : 0L) | (long)PreparedSeqno << PreparedShift;

    /// <summary>Whether a number that a store kept is one of these.</summary>
    public static bool IsPacked(long packedKind) => packedKind >> LevelShift != 0;

    public static SyncWriteItem Prepare(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in ItemMetadata metadata, DurabilityLevel level, bool isDeletion) =>
        Make(Join(key, value), key.Length, metadata with { Kind = ItemKind.Prepare }, metadata.Seqno, level, isDeletion);

    /// <summary>Makes of what a store kept the change again.</summary>
    public static SyncWriteItem Unpack(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in ItemMetadata metadata, long packedKind) =>
        Make(Join(key, value), key.Length, metadata with { Kind = (ItemKind)(byte)packedKind }, (ulong)(packedKind >> PreparedShift),
            (DurabilityLevel)((packedKind >> LevelShift) & 0x0f), (packedKind & DeletionBit) != 0);

    /// <summary>An abort of a prepare that is not here.</summary>
    public static SyncWriteItem Abort(ReadOnlySpan<byte> key, ulong preparedSeqno, ulong seqno, ulong cas, uint time) =>
        Make(key.ToArray(), key.Length, new ItemMetadata(seqno, cas, 1, 0, time, Datatype.Raw, ItemKind.Abort), preparedSeqno,
            DurabilityLevel.Majority, isDeletion: false);

    /// <summary>The document as this prepare makes it.</summary>
    /// <param name="seqno">Of the commit.</param>
    /// <param name="deleteTime">Unix seconds; used where a deletion was prepared.</param>
    public SyncWriteItem ToCommit(ulong seqno, uint deleteTime) => Make(Data, KeyLength, Metadata with
    {
        Seqno = seqno,
        Kind = PreparesDeletion ? ItemKind.Deletion : ItemKind.Mutation,
        Expiry = PreparesDeletion ? deleteTime : Expiry,
    }, Seqno, Level, PreparesDeletion);

    /// <summary>What stands in the log for this prepare's end without effect.</summary>
    public SyncWriteItem ToAbort(ulong seqno, uint time) => Make(Key.ToArray(), KeyLength, Metadata with
    {
        Seqno = seqno,
        Kind = ItemKind.Abort,
        Expiry = time,
        Datatype = Datatype.Raw,
    }, Seqno, Level, PreparesDeletion);

    public override bool IsCompletedWithin(ulong snapshotEnd) => CompletedAt - 1 < snapshotEnd;

    private static SyncWriteItem Make(
        byte[] data, int keyLength, in ItemMetadata metadata, ulong preparedSeqno, DurabilityLevel level, bool isDeletion) =>
        new(data, keyLength, metadata)
        {
            PreparedSeqno = preparedSeqno,
            Level = level,
            PreparesDeletion = isDeletion,
        };
}
