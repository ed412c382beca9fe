using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// MUTATION 0x57, from the producer (dcp-reference.md 3.9). Extras: @0 u64 by-seqno; @8 u64 rev-seqno; @16 u32 flags; @20 u32 expiry;
/// @24 u32 lock time; @28 u16 nmeta; @30 u8 frequency hint. Then key and value.
/// </summary>
public readonly ref struct MutationMessage
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 31;

    private readonly ReadOnlySpan<byte> _extras;

    private MutationMessage(ReadOnlySpan<byte> extras) => _extras = extras;

    /// <summary>Position in the vbucket's history.</summary>
    public Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras));

    /// <summary>How often the document has changed.</summary>
    public ulong RevSeqno => BinaryPrimitives.ReadUInt64BigEndian(_extras[8..]);

    /// <summary>The writer's four bytes.</summary>
    public uint Flags => BinaryPrimitives.ReadUInt32BigEndian(_extras[16..]);

    /// <summary>Unix seconds at which the document expires; 0 never.</summary>
    public uint Expiry => BinaryPrimitives.ReadUInt32BigEndian(_extras[20..]);

    /// <summary>Always 0.</summary>
    public uint LockTime => BinaryPrimitives.ReadUInt32BigEndian(_extras[24..]);

    /// <summary>How often the document is used, as the server guesses.</summary>
    public byte FrequencyHint => _extras[30];

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static MutationMessage Read(in Frame frame) => new(MessageRules.ExtrasOf(frame, ExtrasLength));
}
