using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// PREPARE 0x60, from the producer where <c>enable_sync_writes</c> took effect (dcp-reference.md 3.17). Extras: @0 u64 by-seqno;
/// @8 u64 rev-seqno; @16 u32 flags; @20 u32 expiry; @24 u32 lock time; @28 u8 frequency hint; @29 u8 deleted; @30 u8 durability level.
/// Then key and value.
/// </summary>
public readonly ref struct PrepareMessage
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 31;

    private readonly ReadOnlySpan<byte> _extras;

    private PrepareMessage(ReadOnlySpan<byte> extras) => _extras = extras;

    /// <summary>Position in the vbucket's history.</summary>
    public Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras));

    /// <summary>How often the document has changed.</summary>
    public ulong RevSeqno => BinaryPrimitives.ReadUInt64BigEndian(_extras[8..]);

    /// <summary>The writer's four bytes.</summary>
    public uint Flags => BinaryPrimitives.ReadUInt32BigEndian(_extras[16..]);

    /// <summary>Unix seconds at which the document expires, 0 never; 0 where a deletion was prepared.</summary>
    public uint Expiry => IsDeletion ? 0 : ExpiryField;

    /// <summary>Unix seconds of the deletion where one was prepared (10.10), else 0.</summary>
    public uint DeleteTime => IsDeletion ? ExpiryField : 0;

    /// <summary>Whether a deletion was prepared.</summary>
    public bool IsDeletion => _extras[29] != 0;

    /// <summary>1 majority; 2 majority and persisted on the active; 3 persisted by a majority.</summary>
    public byte DurabilityLevel => _extras[30];

    private uint ExpiryField => BinaryPrimitives.ReadUInt32BigEndian(_extras[20..]);

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static PrepareMessage Read(in Frame frame) => new(MessageRules.ExtrasOf(frame, ExtrasLength));
}
