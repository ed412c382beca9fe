using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// EXPIRATION 0x59, from the producer where <c>enable_expiry_opcode</c> took effect (dcp-reference.md 3.11). Extras: @0 u64 by-seqno;
/// @8 u64 rev-seqno; @16 u32 delete time. Then the key, and perhaps a value of extended attributes.
/// </summary>
public readonly ref struct ExpirationMessage
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 20;

    private readonly ReadOnlySpan<byte> _extras;

    private ExpirationMessage(ReadOnlySpan<byte> extras) => _extras = extras;

    /// <summary>Position in the vbucket's history.</summary>
    public Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras));

    /// <summary>How often the document has changed.</summary>
    public ulong RevSeqno => BinaryPrimitives.ReadUInt64BigEndian(_extras[8..]);

    /// <summary>Unix seconds of the expiry.</summary>
    public uint DeleteTime => BinaryPrimitives.ReadUInt32BigEndian(_extras[16..]);

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static ExpirationMessage Read(in Frame frame) => new(MessageRules.ExtrasOf(frame, ExtrasLength));
}
