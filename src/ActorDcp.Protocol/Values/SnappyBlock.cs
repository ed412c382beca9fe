using Snappier;

namespace ActorDcp.Protocol.Values;

/// <summary>Raw Snappy blocks: varint length, then tags; not the framed stream format (dcp-reference.md 1.6).</summary>
public static class SnappyBlock
{
    /// <summary>Largest inflated value that Couchbase accepts (dcp-reference.md 1.5).</summary>
    public const int MaxInflatedLength = 30 * 1024 * 1024;

    /// <summary>Reads how long the block is when inflated, before anything is rented for it.</summary>
    /// <exception cref="InvalidDataException">The block does not say, or says more than <see cref="MaxInflatedLength"/>.</exception>
    public static int ReadInflatedLength(ReadOnlySpan<byte> block)
    {
        uint length = 0;
        for (var i = 0; i < block.Length && i < Leb128.MaxLength; i++)
        {
            var part = (ulong)(block[i] & 0x7f) << (7 * i);
            if (part > MaxInflatedLength || (length |= (uint)part) > MaxInflatedLength)
                throw new InvalidDataException($"a Snappy block announces more than {MaxInflatedLength} bytes");
            if (block[i] < 0x80)
                return (int)length;
        }
        throw new InvalidDataException("a Snappy block does not begin with its length");
    }

    /// <summary>Inflates a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="destination">At least as many bytes as <see cref="ReadInflatedLength"/> said.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="InvalidDataException">It is no Snappy block.</exception>
    public static int Inflate(ReadOnlySpan<byte> block, Span<byte> destination)
    {
        var announced = ReadInflatedLength(block);
        try
        {
            var written = Snappy.Decompress(block, destination[..announced]);
            return written == announced
                ? written
                : throw new InvalidDataException($"a Snappy block announces {announced} bytes and holds {written}");
        }
        catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            throw new InvalidDataException("a Snappy block is damaged", error);
        }
    }

    /// <summary>Inflates a block into an array of its own.</summary>
    /// <exception cref="InvalidDataException">It is no Snappy block, or is too large.</exception>
    public static byte[] Inflate(ReadOnlySpan<byte> block)
    {
        var inflated = new byte[ReadInflatedLength(block)];
        Inflate(block, inflated);
        return inflated;
    }

    /// <summary>Compresses bytes into an array of its own.</summary>
    public static byte[] Deflate(ReadOnlySpan<byte> bytes) => Snappy.CompressToArray(bytes);
}
