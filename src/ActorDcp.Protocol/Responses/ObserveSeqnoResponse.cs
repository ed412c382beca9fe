using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>
/// The answer to OBSERVE_SEQNO (dcp-reference.md 3.20): value @0 u8 format; @1 u16 vbucket; @3 u64 uuid; @11 u64 last persisted seqno;
/// @19 u64 current seqno; after a failover (format 1) @27 u64 the uuid asked about; @35 u64 last seqno of its branch.
/// </summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Uuid">Its newest branch.</param>
/// <param name="LastPersistedSeqno">Persistence frontier; always 0 on Ephemeral buckets.</param>
/// <param name="CurrentSeqno">High seqno.</param>
/// <param name="Failover">What became of the branch that was asked about; null while it is the newest.</param>
public readonly record struct ObserveSeqnoResponse(
    VBucketId VBucket, VBucketUuid Uuid, Seqno LastPersistedSeqno, Seqno CurrentSeqno, ObservedFailover? Failover)
{
    private const int LengthWithoutFailover = 27;
    private const int LengthWithFailover = 43;

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Not a success, or a form that is not known.</exception>
    public static ObserveSeqnoResponse Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        var value = frame.Value;
        var failover = value switch
        {
            [0, ..] when value.Length == LengthWithoutFailover => false,
            [1, ..] when value.Length == LengthWithFailover => true,
            _ => throw ResponseRules.BadLength(frame, $"{LengthWithoutFailover} or {LengthWithFailover} bytes of value"),
        };
        return new ObserveSeqnoResponse(
            new VBucketId(BinaryPrimitives.ReadUInt16BigEndian(value[1..])),
            new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(value[3..])),
            new Seqno(BinaryPrimitives.ReadUInt64BigEndian(value[11..])),
            new Seqno(BinaryPrimitives.ReadUInt64BigEndian(value[19..])),
            failover
                ? new ObservedFailover(
                    new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(value[27..])),
                    new Seqno(BinaryPrimitives.ReadUInt64BigEndian(value[35..])))
                : null);
    }
}
