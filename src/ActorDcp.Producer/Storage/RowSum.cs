using System.Buffers.Binary;
using System.IO.Hashing;

namespace ActorDcp.Producer.Storage;

/// <summary>The checksum that each row carries: SQLite checks the shape of its pages, not what is in them.</summary>
internal static class RowSum
{
    private const int MaxNumbers = 10;

    /// <summary>Sum of a row's numbers, in the order of its columns, and its bytes.</summary>
    public static long Of(ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> numbers)
    {
        Span<byte> fixedPart = stackalloc byte[MaxNumbers * sizeof(long)];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt64BigEndian(fixedPart[(i * sizeof(long))..], numbers[i]);
        var seed = (long)XxHash3.HashToUInt64(bytes);
        return (long)XxHash3.HashToUInt64(fixedPart[..(numbers.Length * sizeof(long))], seed);
    }
}
