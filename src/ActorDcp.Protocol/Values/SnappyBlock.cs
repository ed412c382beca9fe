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
    public static int Inflate(ReadOnlySpan<byte> block, Span<byte> destination) => InflateWhole(block, destination, Measure(block));

    /// <summary>Reads how long the block is when inflated, and that it holds as much, so that nothing is rented for what it only announces.</summary>
    /// <exception cref="InvalidDataException">It is no Snappy block, or is too large.</exception>
    internal static int Measure(ReadOnlySpan<byte> block)
    {
        var announced = ReadInflatedLength(block);
        RequireWhole(block, announced);
        return announced;
    }

    /// <summary>Inflates a block that was measured.</summary>
    internal static int InflateWhole(ReadOnlySpan<byte> block, Span<byte> destination, int announced)
    {
        SnappyInflater.Inflate(block[LengthOfLength(block)..], destination[..announced]);
        return announced;
    }

    /// <summary>Inflates a block into an array of its own.</summary>
    /// <exception cref="InvalidDataException">It is no Snappy block, or is too large.</exception>
    public static byte[] Inflate(ReadOnlySpan<byte> block)
    {
        var inflated = new byte[Measure(block)];
        InflateWhole(block, inflated, inflated.Length);
        return inflated;
    }

    // A value with a wrong Snappy bit could announce anything, so the tags are walked over first: they must end with the block and give
    // exactly the length announced.
    private static void RequireWhole(ReadOnlySpan<byte> block, int announced)
    {
        var tags = new SnappyTags(block[LengthOfLength(block)..]);
        long produced = 0;
        while (produced <= announced && tags.MoveNext())
            produced += tags.Length;
        if (!tags.IsAtEnd || produced != announced)
            throw new InvalidDataException($"a Snappy block of {block.Length} bytes does not hold the {announced} that it announces");
    }

    private static int LengthOfLength(ReadOnlySpan<byte> block) => block.IndexOfAnyInRange((byte)0, (byte)0x7f) + 1;

    /// <summary>Compresses bytes into an array of its own.</summary>
    public static byte[] Deflate(ReadOnlySpan<byte> bytes) => Snappy.CompressToArray(bytes);
}
