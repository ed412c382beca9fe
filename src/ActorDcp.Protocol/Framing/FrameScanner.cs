namespace ActorDcp.Protocol;

/// <summary>Says whether a whole frame stands at the front of a buffer. What is in it is the readers' business.</summary>
public static class FrameScanner
{
    /// <summary>Largest frame that Couchbase sends or accepts (dcp-reference.md 1.5).</summary>
    public const int DefaultMaxFrameLength = 30 * 1024 * 1024;

    /// <summary>Largest frame accepted before authentication.</summary>
    public const int MaxFrameLengthBeforeAuthentication = 16 * 1024;

    /// <summary>Looks at the front of a buffer.</summary>
    /// <param name="buffer">Bytes received so far.</param>
    /// <param name="frameLength">Bytes of the frame at the front once its header is there, else 0. May be larger than the buffer.</param>
    /// <param name="maxFrameLength">Largest frame to accept.</param>
    /// <returns>Whether the whole frame is in the buffer.</returns>
    /// <exception cref="ProtocolException">The bytes are no frame, or it is too large.</exception>
    public static bool TryScan(ReadOnlySpan<byte> buffer, out int frameLength, int maxFrameLength = DefaultMaxFrameLength)
    {
        var isWhole = TryScanHeader(buffer, out var header, maxFrameLength);
        frameLength = buffer.Length < FrameHeader.Size ? 0 : header.FrameLength;
        return isWhole;
    }

    /// <summary>Looks at the front of a buffer and keeps the header that it reads.</summary>
    /// <param name="buffer">Bytes received so far.</param>
    /// <param name="header">Header of the frame at the front once it is there, else all zero.</param>
    /// <param name="maxFrameLength">Largest frame to accept.</param>
    /// <returns>Whether the whole frame is in the buffer.</returns>
    /// <exception cref="ProtocolException">The bytes are no frame, or it is too large.</exception>
    public static bool TryScanHeader(ReadOnlySpan<byte> buffer, out FrameHeader header, int maxFrameLength = DefaultMaxFrameLength)
    {
        if (buffer.Length < FrameHeader.Size)
        {
            header = default;
            return false;
        }
        header = FrameHeader.Read(buffer);
        if (header.FrameLength > maxFrameLength)
            throw new ProtocolException($"a frame of opcode {header.Opcode} announces {header.FrameLength} bytes; at most {maxFrameLength} are accepted");
        return buffer.Length >= header.FrameLength;
    }
}
