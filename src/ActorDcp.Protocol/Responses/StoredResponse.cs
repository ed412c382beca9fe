using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>The answer to a change of a document (dcp-reference.md 3.21): header cas; with HELO MutationSeqno extras @0 u64 uuid; @8 u64 seqno.</summary>
/// <param name="Cas">Cas of the document now.</param>
/// <param name="Uuid">Branch of the change; none without HELO MutationSeqno.</param>
/// <param name="Seqno">Seqno of the change; 0 without HELO MutationSeqno.</param>
public readonly record struct StoredResponse(ulong Cas, VBucketUuid Uuid, Seqno Seqno)
{
    private const int ExtrasLength = 16;

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Not a success, or another length.</exception>
    public static StoredResponse Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        var extras = frame.Extras;
        return extras.Length switch
        {
            0 => new StoredResponse(frame.Header.Cas, default, default),
            ExtrasLength => new StoredResponse(
                frame.Header.Cas,
                new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(extras)),
                new Seqno(BinaryPrimitives.ReadUInt64BigEndian(extras[8..]))),
            _ => throw ResponseRules.BadLength(frame, $"none or {ExtrasLength} bytes of extras"),
        };
    }
}
