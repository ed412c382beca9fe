using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>SEQNO_ADVANCED 0x64, from the producer (dcp-reference.md 3.13). Extras: @0 u64 seqno. It need not be the snapshot's end.</summary>
public readonly record struct SeqnoAdvancedMessage(Seqno Seqno)
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 8;

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static SeqnoAdvancedMessage Read(in Frame frame) =>
        new(new Seqno(BinaryPrimitives.ReadUInt64BigEndian(MessageRules.ExtrasOf(frame, ExtrasLength))));
}
