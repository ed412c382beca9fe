using System.Buffers.Binary;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// DELETION 0x58, from the producer (dcp-reference.md 3.10). Extras of v1: @0 u64 by-seqno; @8 u64 rev-seqno; @16 u16 nmeta.
/// Of v2 (OPEN flag 0x20): @0 u64 by-seqno; @8 u64 rev-seqno; @16 u32 delete time; @20 u8 unused. Then the key, and perhaps a value
/// of extended attributes.
/// </summary>
public readonly ref struct DeletionMessage
{
    /// <summary>Bytes of extras without a delete time.</summary>
    public const int ExtrasLengthV1 = 18;

    /// <summary>Bytes of extras with a delete time.</summary>
    public const int ExtrasLengthV2 = 21;

    private readonly ReadOnlySpan<byte> _extras;

    private DeletionMessage(ReadOnlySpan<byte> extras) => _extras = extras;

    /// <summary>Position in the vbucket's history.</summary>
    public Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras));

    /// <summary>How often the document has changed.</summary>
    public ulong RevSeqno => BinaryPrimitives.ReadUInt64BigEndian(_extras[8..]);

    /// <summary>Unix seconds of the deletion; 0 in v1.</summary>
    public uint DeleteTime => _extras.Length == ExtrasLengthV2 ? BinaryPrimitives.ReadUInt32BigEndian(_extras[16..]) : 0;

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static DeletionMessage Read(in Frame frame)
    {
        var extras = frame.Extras;
        if (extras.Length is not (ExtrasLengthV1 or ExtrasLengthV2))
            MessageRules.ThrowExtras(frame.Header, $"{ExtrasLengthV1} or {ExtrasLengthV2}");
        return new DeletionMessage(extras);
    }
}
