using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>STREAM_REQ answered with ROLLBACK (dcp-reference.md 3.3 step 11): value u64 seqno and nothing else.</summary>
public static class RollbackResponse
{
    /// <summary>Reads the seqno that the consumer must go back to, or below.</summary>
    /// <exception cref="ProtocolException">Another status or another length.</exception>
    public static Seqno Read(in Frame frame)
    {
        if (frame.Header.Status != Status.Rollback)
            throw new ProtocolException($"status {frame.Header.Status} is no rollback");
        if (frame.Value.Length != sizeof(ulong))
            throw ResponseRules.BadLength(frame, "8 bytes of value");
        return new Seqno(BinaryPrimitives.ReadUInt64BigEndian(frame.Value));
    }
}
