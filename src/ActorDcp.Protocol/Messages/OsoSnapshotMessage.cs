using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>OSO_SNAPSHOT 0x65, from the producer (dcp-reference.md 3.14). Extras: @0 u32 flags, 1 start or 2 end.</summary>
/// <param name="IsStart">True when an out-of-order snapshot begins, false when it is whole.</param>
public readonly record struct OsoSnapshotMessage(bool IsStart)
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 4;

    private const uint StartFlag = 1;
    private const uint EndFlag = 2;

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length, or say neither start nor end, or both.</exception>
    public static OsoSnapshotMessage Read(in Frame frame)
    {
        var flags = BinaryPrimitives.ReadUInt32BigEndian(MessageRules.ExtrasOf(frame, ExtrasLength));
        return (flags & (StartFlag | EndFlag)) switch
        {
            StartFlag => new OsoSnapshotMessage(true),
            EndFlag => new OsoSnapshotMessage(false),
            _ => throw new ProtocolException($"OSO_SNAPSHOT flags 0x{flags:x} are neither a start nor an end"),
        };
    }
}
