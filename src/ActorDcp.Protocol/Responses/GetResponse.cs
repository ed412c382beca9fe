using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>The answer to GET (dcp-reference.md 3.21): extras u32 flags; value; header cas and datatype.</summary>
public readonly ref struct GetResponse
{
    private GetResponse(in Frame frame)
    {
        Flags = BinaryPrimitives.ReadUInt32BigEndian(frame.Extras);
        Cas = frame.Header.Cas;
        Datatype = frame.Header.Datatype;
        Value = frame.Value;
    }

    /// <summary>The writer's four bytes.</summary>
    public uint Flags { get; }

    /// <summary>Cas of the document.</summary>
    public ulong Cas { get; }

    /// <summary>What the value is made of.</summary>
    public Datatype Datatype { get; }

    /// <summary>The value, as it travelled.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Not a success, or another length of extras.</exception>
    public static GetResponse Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        return frame.Extras.Length == sizeof(uint)
            ? new GetResponse(frame)
            : throw ResponseRules.BadLength(frame, "4 bytes of extras");
    }
}
