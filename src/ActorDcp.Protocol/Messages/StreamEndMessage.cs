using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>STREAM_END 0x55, from the producer; the last message of its opaque (dcp-reference.md 3.7). Extras: @0 u32 reason.</summary>
/// <param name="Reason">Why; unknown codes are kept.</param>
public readonly record struct StreamEndMessage(StreamEndReason Reason)
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 4;

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static StreamEndMessage Read(in Frame frame) =>
        new((StreamEndReason)BinaryPrimitives.ReadUInt32BigEndian(MessageRules.ExtrasOf(frame, ExtrasLength)));
}
