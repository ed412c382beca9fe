using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>One line of a capture.</summary>
/// <param name="Index">Its place in the file.</param>
/// <param name="Milliseconds">When it was seen.</param>
/// <param name="Connection">Number of the connection.</param>
/// <param name="FromClient">Who sent it, or closed the connection.</param>
/// <param name="Bytes">The frame; null when the connection was closed.</param>
internal sealed record CapturedEvent(int Index, double Milliseconds, int Connection, bool FromClient, byte[]? Bytes)
{
    public bool IsClose => Bytes is null;

    public Opcode Opcode => (Opcode)Bytes![1];

    public uint Opaque => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(12));

    public ushort VBucketOrStatus => System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(6));

    public ulong Cas => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(Bytes.AsSpan(16));

    public bool IsAnswer => Bytes![0] is 0x81 or 0x18;

    /// <summary>A stream's message, of which the producer starts the exchange.</summary>
    public bool IsStreamMessage => !FromClient && Bytes![0] is 0x80 or 0x08;

    public RawFrame Frame => new(Bytes!);
}
