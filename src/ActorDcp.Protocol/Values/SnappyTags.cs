namespace ActorDcp.Protocol.Values;

/// <summary>
/// Reads the tags of a raw Snappy block one after the other. Kinds: 0 literal (length - 1 in six bits; 60 to 63: in 1 to 4 bytes that
/// follow); 1 copy of 4 to 11 bytes with one more byte of offset; 2 and 3 copy of 1 to 64 bytes with 2 and 4 bytes of offset. Numbers
/// are little-endian.
/// </summary>
/// <param name="tags">What follows the block's length.</param>
internal ref struct SnappyTags(ReadOnlySpan<byte> tags)
{
    private const int LargestInTag = 60;

    private readonly ReadOnlySpan<byte> _tags = tags;
    private int _next;

    /// <summary>Whether all tags were read; false before, and where the last one is cut off.</summary>
    public readonly bool IsAtEnd => _next == _tags.Length;

    /// <summary>Whether the tag read last is a literal; else a copy.</summary>
    public bool IsLiteral { get; private set; }

    /// <summary>Bytes that the tag read last produces.</summary>
    public int Length { get; private set; }

    /// <summary>How far back a copy begins.</summary>
    public uint Offset { get; private set; }

    /// <summary>Where a literal's bytes begin.</summary>
    public int LiteralAt { get; private set; }

    /// <summary>Reads the next tag; false at the end, and when it is cut off.</summary>
    public bool MoveNext()
    {
        if (_next >= _tags.Length)
            return false;
        var tag = _tags[_next];
        var rest = _tags[(_next + 1)..];
        IsLiteral = (tag & 3) == 0;
        return IsLiteral ? ReadLiteral(tag >> 2, rest) : ReadCopy(tag, rest);
    }

    private bool ReadLiteral(int inTag, ReadOnlySpan<byte> rest)
    {
        var bytes = inTag < LargestInTag ? 0 : inTag - LargestInTag + 1;
        if (bytes > rest.Length)
            return false;
        long length = inTag;
        if (bytes > 0)
            length = Number(rest[..bytes]);
        if (length >= rest.Length - bytes)
            return false;
        Length = (int)length + 1;
        LiteralAt = _next + 1 + bytes;
        _next = LiteralAt + Length;
        return true;
    }

    private bool ReadCopy(byte tag, ReadOnlySpan<byte> rest)
    {
        var bytes = (tag & 3) == 3 ? 4 : tag & 3;
        if (bytes > rest.Length)
            return false;
        (Length, Offset) = bytes == 1
            ? (4 + (tag >> 2 & 7), (uint)((tag >> 5) << 8 | rest[0]))
            : (1 + (tag >> 2), Number(rest[..bytes]));
        _next += 1 + bytes;
        return true;
    }

    private static uint Number(ReadOnlySpan<byte> bytes)
    {
        uint number = 0;
        for (var i = 0; i < bytes.Length; i++)
            number |= (uint)bytes[i] << (8 * i);
        return number;
    }
}
