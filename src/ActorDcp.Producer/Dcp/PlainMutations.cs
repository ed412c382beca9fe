using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// The mutations that a connection sends just as they are stored, which are most: their bytes are what <see cref="ItemMessages"/>
/// would write, without a look at what cannot matter to them. Made for a run of messages, as CONTROL may change what it depends on.
/// </summary>
internal readonly struct PlainMutations
{
    private const int ExtrasLength = 31;
    private const int BodyOffset = FrameHeader.Size + ExtrasLength;
    private const ulong Template =
        (ulong)Magic.Request << 56 | (ulong)Opcode.DcpMutation << 48 | (ulong)ExtrasLength << 24;

    private readonly bool _isPossible;
    private readonly bool _shapesCold;
    private readonly Datatype _shaped;
    private readonly bool _sendsCounters;

    private PlainMutations(DcpSession session)
    {
        _isPossible = session.Collections && !session.NoValue && !session.KeepsUnderlyingDatatype && !session.ForcesCompression;
        _shapesCold = session.Snappy;
        _shaped = session.Snappy ? Datatype.Xattr : Datatype.Xattr | Datatype.Snappy;
        _sendsCounters = session.SendsFrequencyCounters;
    }

    /// <summary>What of this is so for a connection now.</summary>
    public static PlainMutations Of(DcpSession session) => new(session);

    /// <summary>Whether a change is one of them.</summary>
    public bool Include(StoredItem item) => _isPossible && item.IsPlainMutation && (item.Datatype & _shaped) == 0 && !(_shapesCold && item.IsCold);

    /// <summary>Writes one on a stream without a stream id (dcp-reference.md 3.9). Returns its size.</summary>
    public int Write(OutputBuffer output, in StreamAddress address, StoredItem item)
    {
        var body = item.KeyAndValue;
        var size = BodyOffset + body.Length;
        var frame = output.GetSpan(size)[..size];
        var datatype = item.ValueLength == 0 ? Datatype.Raw : item.Datatype;
        body.CopyTo(frame[BodyOffset..]);
        var head = frame[..BodyOffset];
        BinaryPrimitives.WriteUInt32BigEndian(head[51..], ItemMessages.FrequencyOf(item, _sendsCounters));
        BinaryPrimitives.WriteUInt32BigEndian(head[48..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(head[44..], item.Expiry);
        BinaryPrimitives.WriteUInt32BigEndian(head[40..], item.Flags);
        BinaryPrimitives.WriteUInt64BigEndian(head[32..], item.Rev);
        BinaryPrimitives.WriteUInt64BigEndian(head[24..], item.Seqno);
        BinaryPrimitives.WriteUInt64BigEndian(head[16..], item.Cas);
        BinaryPrimitives.WriteUInt64BigEndian(head[8..], (ulong)(ExtrasLength + body.Length) << 32 | address.Opaque);
        BinaryPrimitives.WriteUInt64BigEndian(head, Template | (ulong)item.KeyLength << 32 | (ulong)datatype << 16 | address.VBucket.Value);
        output.Advance(size);
        return size;
    }
}
