using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// ABORT 0x63, from the producer where <c>enable_sync_writes</c> took effect (dcp-reference.md 3.17). Extras: @0 u64 prepared seqno;
/// @8 u64 abort seqno. Then the key; no value.
/// </summary>
public readonly ref struct AbortMessage
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 16;

    private readonly ReadOnlySpan<byte> _extras;

    private AbortMessage(ReadOnlySpan<byte> extras) => _extras = extras;

    /// <summary>Seqno of the prepare.</summary>
    public Seqno PreparedSeqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras));

    /// <summary>Seqno of the abort itself.</summary>
    public Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras[8..]));

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static AbortMessage Read(in Frame frame) => new(MessageRules.ExtrasOf(frame, ExtrasLength));
}
