using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// CACHE_TRANSFER 0x66, from the producer before a stream with flag 0x100 (dcp-reference.md 3.18). The value is a sequence of records:
/// @0 u64 cas; @8 u64 by-seqno; @16 u64 rev-seqno; @24 u32 value length; @28 u32 flags; @32 u32 expiry; @36 u16 key length;
/// @38 u8 datatype; @39 u8 cache hint; key; value. A client does not ask for it; this walks over the records of one that came.
/// </summary>
public ref struct CacheTransferMessage
{
    private const int RecordHeaderLength = 40;

    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _record;

    private CacheTransferMessage(ReadOnlySpan<byte> records) => _rest = records;

    /// <summary>Cas of the item.</summary>
    public readonly ulong Cas => BinaryPrimitives.ReadUInt64BigEndian(_record);

    /// <summary>Position of the item in the vbucket's history.</summary>
    public readonly Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_record[8..]));

    /// <summary>What the item's value is made of.</summary>
    public readonly Datatype Datatype => (Datatype)_record[38];

    /// <summary>Key of the item, with its collection prefix.</summary>
    public readonly ReadOnlySpan<byte> Key => _record.Slice(RecordHeaderLength, KeyLengthOf(_record));

    /// <summary>Value of the item.</summary>
    public readonly ReadOnlySpan<byte> Value => _record[(RecordHeaderLength + KeyLengthOf(_record))..];

    /// <summary>Stands before the first record of a frame.</summary>
    /// <exception cref="ProtocolException">The frame has extras or a key.</exception>
    public static CacheTransferMessage Read(in Frame frame)
    {
        MessageRules.ExtrasOf(frame, 0);
        if (!frame.Key.IsEmpty)
            throw new ProtocolException($"CACHE_TRANSFER with a key of {frame.Key.Length} bytes");
        return new CacheTransferMessage(frame.Value);
    }

    /// <summary>Goes to the next record.</summary>
    /// <exception cref="ProtocolException">A record reaches beyond the end.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        if (_rest.Length < RecordHeaderLength)
            throw new ProtocolException($"{_rest.Length} bytes left for a CACHE_TRANSFER record of at least {RecordHeaderLength}");
        long length = RecordHeaderLength + KeyLengthOf(_rest) + (long)BinaryPrimitives.ReadUInt32BigEndian(_rest[24..]);
        if (length > _rest.Length)
            throw new ProtocolException($"a CACHE_TRANSFER record of {length} bytes in {_rest.Length} that are left");
        _record = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    private static ushort KeyLengthOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16BigEndian(record[36..]);
}
