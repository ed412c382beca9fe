using System.Buffers.Binary;

namespace ActorDcp.Protocol;

/// <summary>
/// The 24 bytes that begin each frame (dcp-reference.md 1.1):
/// @0 u8 magic; @1 u8 opcode; @2 u16 key length (flexible magics: u8 framing-extras length, u8 key length);
/// @4 u8 extras length; @5 u8 datatype; @6 u16 vbucket (requests) or status (responses); @8 u32 body length;
/// @12 u32 opaque; @16 u64 cas.
/// </summary>
public readonly record struct FrameHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 24;

    private const int StreamIdFramingLength = 3;

    /// <summary>Who speaks and in which form.</summary>
    public Magic Magic { get; init; }

    /// <summary>The operation. For magics 0x82 and 0x83 the number means a <see cref="ServerOpcode"/>.</summary>
    public Opcode Opcode { get; init; }

    /// <summary>Bytes of framing extras that the frame carries.</summary>
    public int FramingExtrasLength { get; init; }

    /// <summary>Bytes of key.</summary>
    public int KeyLength { get; init; }

    /// <summary>Bytes of extras.</summary>
    public int ExtrasLength { get; init; }

    /// <summary>What the value is made of.</summary>
    public Datatype Datatype { get; init; }

    /// <summary>Vbucket of a request, status of a response.</summary>
    public ushort VBucketOrStatus { get; init; }

    /// <summary>Bytes that follow the header.</summary>
    public int BodyLength { get; init; }

    /// <summary>Correlates request and response; on DCP messages that of the stream request.</summary>
    public uint Opaque { get; init; }

    /// <summary>Compare-and-swap value.</summary>
    public ulong Cas { get; init; }

    /// <summary>Bytes of the whole frame.</summary>
    public int FrameLength => Size + BodyLength;

    /// <summary>Bytes of value.</summary>
    public int ValueLength => BodyLength - FramingExtrasLength - ExtrasLength - KeyLength;

    /// <summary>Vbucket of a request.</summary>
    public VBucketId VBucket => new(VBucketOrStatus);

    /// <summary>Status of a response.</summary>
    public Status Status => (Status)VBucketOrStatus;

    /// <summary>Whether this is a request, of either side.</summary>
    public bool IsRequest => Magic is Magic.Request or Magic.FlexibleRequest or Magic.ServerRequest;

    /// <summary>Whether this is a response, of either side.</summary>
    public bool IsResponse => !IsRequest;

    /// <summary>Whether the server started this exchange, so that the opcode is a <see cref="ServerOpcode"/>.</summary>
    public bool IsServerInitiated => Magic is Magic.ServerRequest or Magic.ServerResponse;

    /// <summary>Reads a header from the first 24 bytes.</summary>
    /// <exception cref="ProtocolException">Unknown magic, or lengths that do not fit.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        var magic = (Magic)source[0];
        int framing, key;
        switch (magic)
        {
            case Magic.Request or Magic.Response or Magic.ServerRequest or Magic.ServerResponse:
                framing = 0;
                key = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
                break;
            case Magic.FlexibleRequest or Magic.FlexibleResponse:
                framing = source[2];
                key = source[3];
                break;
            default:
                throw new ProtocolException($"unknown magic 0x{source[0]:x2}");
        }

        var opcode = (Opcode)source[1];
        var extras = source[4];
        var body = BinaryPrimitives.ReadUInt32BigEndian(source[8..]);

        // quirk 10.1: DELETION v2 and EXPIRATION with a stream id announce no framing extras but carry three bytes
        if (magic == Magic.FlexibleRequest && framing == 0 && opcode is (Opcode.DcpDeletion or Opcode.DcpExpiration))
            framing = StreamIdFramingLength;

        if (body > int.MaxValue - Size || framing + extras + key > body)
            throw new ProtocolException(
                $"a frame of opcode {opcode} announces {framing} framing, {extras} extras and {key} key bytes in a body of {body}");

        return new FrameHeader
        {
            Magic = magic,
            Opcode = opcode,
            FramingExtrasLength = framing,
            KeyLength = key,
            ExtrasLength = extras,
            Datatype = (Datatype)source[5],
            VBucketOrStatus = BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
            BodyLength = (int)body,
            Opaque = BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
            Cas = BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
        };
    }

    /// <summary>Writes the header into the first 24 bytes.</summary>
    /// <exception cref="ArgumentException">A length does not fit its field.</exception>
    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)Magic;
        destination[1] = (byte)Opcode;
        if (Magic is Magic.FlexibleRequest or Magic.FlexibleResponse)
        {
            if (FramingExtrasLength > byte.MaxValue || KeyLength > byte.MaxValue)
                throw new ArgumentException($"framing extras of {FramingExtrasLength} and a key of {KeyLength} bytes do not fit a flexible header");
            destination[2] = (byte)FramingExtrasLength;
            destination[3] = (byte)KeyLength;
        }
        else
        {
            if (FramingExtrasLength != 0 || KeyLength > ushort.MaxValue)
                throw new ArgumentException($"framing extras of {FramingExtrasLength} and a key of {KeyLength} bytes do not fit a classic header");
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)KeyLength);
        }
        destination[4] = checked((byte)ExtrasLength);
        destination[5] = (byte)Datatype;
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], VBucketOrStatus);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], (uint)BodyLength);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Opaque);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], Cas);
    }
}
