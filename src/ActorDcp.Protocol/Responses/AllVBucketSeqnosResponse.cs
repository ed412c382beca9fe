using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>The answer to GET_ALL_VB_SEQNOS (dcp-reference.md 3.20): value of 10-byte entries: @0 u16 vbucket; @2 u64 seqno. Walks over them.</summary>
public ref struct AllVBucketSeqnosResponse
{
    private const int EntryLength = 10;

    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _entry;

    private AllVBucketSeqnosResponse(ReadOnlySpan<byte> entries) => _rest = entries;

    /// <summary>Vbuckets that are not walked over yet.</summary>
    public readonly int Remaining => _rest.Length / EntryLength;

    /// <summary>The vbucket it stands on.</summary>
    public readonly VBucketId VBucket => new(BinaryPrimitives.ReadUInt16BigEndian(_entry));

    /// <summary>That vbucket's seqno: high, or of a replica the end of the open snapshot.</summary>
    public readonly Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_entry[2..]));

    /// <summary>Stands before the first entry.</summary>
    /// <exception cref="ProtocolException">Not a success, or a broken entry.</exception>
    public static AllVBucketSeqnosResponse Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        var value = ResponseRules.InflatedValue(frame);
        if (value.Length % EntryLength != 0)
            throw ResponseRules.BadLength(frame, $"entries of {EntryLength} bytes");
        return new AllVBucketSeqnosResponse(value);
    }

    /// <summary>Goes to the next entry.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        _entry = _rest[..EntryLength];
        _rest = _rest[EntryLength..];
        return true;
    }
}
