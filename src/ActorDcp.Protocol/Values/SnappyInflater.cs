namespace ActorDcp.Protocol.Values;

/// <summary>
/// Inflates the tags of a raw Snappy block straight into a span. Allocates nothing: the library's decompressor is an object of 80 bytes
/// with a look-back buffer, made anew for each block and not to be had for reuse.
/// </summary>
internal static class SnappyInflater
{
    // short runs are copied whole where there is room behind them: a move of fixed length instead of a call
    private const int Run = 16;

    /// <summary>Inflates.</summary>
    /// <param name="block">What follows the block's length, walked over already: it ends with its last tag.</param>
    /// <param name="destination">Exactly as many bytes as the tags produce.</param>
    /// <exception cref="InvalidDataException">A copy reaches before the beginning.</exception>
    public static void Inflate(ReadOnlySpan<byte> block, Span<byte> destination)
    {
        var tags = new SnappyTags(block);
        var produced = 0;
        while (tags.MoveNext())
        {
            var length = tags.Length;
            if (tags.IsLiteral)
            {
                Literal(block, tags.LiteralAt, destination, produced, length);
            }
            else
            {
                var offset = tags.Offset;
                if (offset == 0 || offset > produced)
                    throw new InvalidDataException($"a Snappy block copies from {offset} bytes before byte {produced}");
                Repeat(destination, produced, (int)offset, length);
            }
            produced += length;
        }
    }

    private static void Literal(ReadOnlySpan<byte> block, int at, Span<byte> destination, int produced, int length)
    {
        if (length <= Run && block.Length - at >= Run && destination.Length - produced >= Run)
            block.Slice(at, Run).CopyTo(destination.Slice(produced, Run));
        else
            block.Slice(at, length).CopyTo(destination[produced..]);
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
