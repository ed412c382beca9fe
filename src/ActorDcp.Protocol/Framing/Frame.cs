namespace ActorDcp.Protocol;

/// <summary>A whole frame in somebody else's buffer: its header and slices of its body (dcp-reference.md 1.3). Copies nothing.</summary>
public readonly ref struct Frame
{
    private readonly ReadOnlySpan<byte> _body;

    private Frame(FrameHeader header, ReadOnlySpan<byte> body)
    {
        Header = header;
        _body = body;
    }

    /// <summary>The header.</summary>
    public FrameHeader Header { get; }

    /// <summary>Framing extras, raw (dcp-reference.md 1.4).</summary>
    public ReadOnlySpan<byte> FramingExtras => _body[..Header.FramingExtrasLength];

    /// <summary>Extras.</summary>
    public ReadOnlySpan<byte> Extras => _body.Slice(Header.FramingExtrasLength, Header.ExtrasLength);

    /// <summary>Key, with its collection prefix where one travels.</summary>
    public ReadOnlySpan<byte> Key => _body.Slice(KeyOffset - FrameHeader.Size, Header.KeyLength);

    /// <summary>Value.</summary>
    public ReadOnlySpan<byte> Value => _body[(ValueOffset - FrameHeader.Size)..];

    /// <summary>Offset of the key from the first byte of the frame.</summary>
    public int KeyOffset => FrameHeader.Size + Header.FramingExtrasLength + Header.ExtrasLength;

    /// <summary>Offset of the value from the first byte of the frame.</summary>
    public int ValueOffset => KeyOffset + Header.KeyLength;

    /// <summary>Reads a frame that is whole.</summary>
    /// <param name="frame">Exactly one frame.</param>
    /// <exception cref="ProtocolException">It is not one whole, legal frame.</exception>
    public static Frame Read(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < FrameHeader.Size)
            throw new ProtocolException($"{frame.Length} bytes are no frame: a header has {FrameHeader.Size}");
        var header = FrameHeader.Read(frame);
        if (frame.Length != header.FrameLength)
            throw new ProtocolException($"{frame.Length} bytes given for a frame of {header.FrameLength}");
        return new Frame(header, frame[FrameHeader.Size..]);
    }
}
