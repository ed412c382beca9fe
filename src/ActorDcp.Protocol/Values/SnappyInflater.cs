namespace ActorDcp.Protocol.Values;

/// <summary>
/// Inflates the tags of a raw Snappy block straight into a span. Allocates nothing: the library's decompressor is an object of 80 bytes
/// with a look-back buffer, made anew for each block and not to be had for reuse.
/// </summary>
internal static class SnappyInflater
{
    private const int LargestInTag = 60;

    // short runs are copied whole where there is room behind them: a move of fixed length instead of a call
    private const int Run = 16;

    /// <summary>
    /// Inflates. Tag kinds: 0 literal (length - 1 in six bits; 60 to 63: in 1 to 4 bytes that follow); 1 copy of 4 to 11 bytes with
    /// one more byte; 2 and 3 copy of 1 to 64 bytes with 2 and 4 more bytes. Numbers are little-endian.
    /// </summary>
    /// <param name="tags">What follows the block's length, walked over already: it ends with its last tag.</param>
    /// <param name="destination">Exactly as many bytes as the tags produce.</param>
    /// <exception cref="InvalidDataException">A copy reaches before the beginning.</exception>
    public static void Inflate(ReadOnlySpan<byte> tags, Span<byte> destination)
    {
        int at = 0, produced = 0;
        while (at < tags.Length)
        {
            var tag = tags[at++];
            if ((tag & 3) == 0)
            {
                var length = LiteralLength(tags, tag, ref at);
                Literal(tags, at, destination, produced, length);
                at += length;
                produced += length;
            }
            else
            {
                var (length, offset) = Copy(tags, tag, ref at);
                if (offset == 0 || offset > produced)
                    throw new InvalidDataException($"a Snappy block copies from {offset} bytes before byte {produced}");
                Repeat(destination, produced, (int)offset, length);
                produced += length;
            }
        }
    }

    private static int LiteralLength(ReadOnlySpan<byte> tags, byte tag, ref int at)
    {
        var length = tag >> 2;
        if (length < LargestInTag)
            return length + 1;
        var read = 0;
        for (var (i, bytes) = (0, length - LargestInTag + 1); i < bytes; i++)
            read |= tags[at++] << (8 * i);
        return read + 1;
    }

    private static (int Length, uint Offset) Copy(ReadOnlySpan<byte> tags, byte tag, ref int at)
    {
        var low = tags[at++];
        switch (tag & 3)
        {
            case 1:
                return (4 + (tag >> 2 & 7), (uint)((tag >> 5) << 8 | low));
            case 2:
                return (1 + (tag >> 2), (uint)(low | tags[at++] << 8));
            default:
                var offset = low | (uint)tags[at] << 8 | (uint)tags[at + 1] << 16 | (uint)tags[at + 2] << 24;
                at += 3;
                return (1 + (tag >> 2), offset);
        }
    }

    private static void Literal(ReadOnlySpan<byte> tags, int at, Span<byte> destination, int produced, int length)
    {
        if (length <= Run && tags.Length - at >= Run && destination.Length - produced >= Run)
            tags.Slice(at, Run).CopyTo(destination.Slice(produced, Run));
        else
            tags.Slice(at, length).CopyTo(destination[produced..]);
    }

    /// <summary>Copies from what was produced; where it reaches into itself, what it has just copied repeats.</summary>
    private static void Repeat(Span<byte> destination, int produced, int offset, int length)
    {
        if (offset >= Run && length <= Run && destination.Length - produced >= Run)
        {
            destination.Slice(produced - offset, Run).CopyTo(destination.Slice(produced, Run));
            return;
        }
        var from = produced - offset;
        while (length > offset)
        {
            destination.Slice(from, offset).CopyTo(destination.Slice(produced, offset));
            produced += offset;
            length -= offset;
            // what there is to copy from has doubled
            offset *= 2;
        }
        destination.Slice(from, length).CopyTo(destination.Slice(produced, length));
    }
}
