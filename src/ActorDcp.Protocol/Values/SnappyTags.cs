using System.Buffers.Binary;
using System.Runtime.CompilerServices;

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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        var at = _next;
        if ((uint)at >= (uint)_tags.Length)
            return false;
        int tag = _tags[at++];
        var bytes = tag & 3;
        if (bytes == 0)
            return ReadLiteral(at, tag >> 2);
        IsLiteral = false;
        if (bytes == 1)
        {
            if ((uint)at >= (uint)_tags.Length)
                return false;
            Length = 4 + (tag >> 2 & 7);
            Offset = (uint)((tag >> 5) << 8 | _tags[at]);
            _next = at + 1;
            return true;
        }
        // 2 for the kind 2, 4 for the kind 3
        bytes = bytes * 2 - 2;
        if (bytes > _tags.Length - at)
            return false;
        Length = 1 + (tag >> 2);
        Offset = bytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(_tags[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(_tags[at..]);
        _next = at + bytes;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool ReadLiteral(int at, int inTag)
    {
        IsLiteral = true;
        long length = inTag;
        if (inTag >= LargestInTag)
        {
            var bytes = inTag - LargestInTag + 1;
            if (bytes > _tags.Length - at)
                return false;
            length = Number(_tags.Slice(at, bytes));
            at += bytes;
        }
        if (length >= _tags.Length - at)
            return false;
        Length = (int)length + 1;
        LiteralAt = at;
        _next = at + Length;
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
