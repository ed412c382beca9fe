using System.Buffers.Text;

namespace ActorDcp.Producer.Buckets;

/// <summary>Fills a bucket fast: keys <c>k0</c> to <c>kN-1</c> by key hash, each with a JSON value of a given size.</summary>
public static class BucketLoader
{
    private const int SmallestValue = 32;

    /// <summary>Loads.</summary>
    /// <param name="bucket">Where to.</param>
    /// <param name="count">How many documents.</param>
    /// <param name="valueSize">Bytes of each value; at least 32.</param>
    /// <param name="first">Number of the first key.</param>
    /// <param name="cancellationToken">Stops between two documents.</param>
    public static void Load(
        this Bucket bucket, long count, int valueSize = 256, long first = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentOutOfRangeException.ThrowIfLessThan(valueSize, SmallestValue);
        var key = new byte[24];
        key[1] = (byte)'k';
        var value = Template(valueSize);
        for (var number = first; number < first + count; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Utf8Formatter.TryFormat(number, key.AsSpan(2), out var digits);
            WriteNumber(value, number);
            var logical = key.AsSpan(1, 1 + digits);
            bucket.Find(bucket.VBucketOf(logical)).Store(new StoreRequest
            {
                Mode = StoreMode.Set,
                Key = key.AsSpan(0, 2 + digits),
                Value = value,
                Datatype = Datatype.Json,
            });
        }
    }

    /// <summary>Makes <c>{"n":"0000000000000000","p":"xxx"}</c> of exactly so many bytes.</summary>
    private static byte[] Template(int size)
    {
        var value = new byte[size];
        value.AsSpan().Fill((byte)'x');
        "{\"n\":\""u8.CopyTo(value);
        "\",\"p\":\""u8.CopyTo(value.AsSpan(6 + NumberWidth));
        "\"}"u8.CopyTo(value.AsSpan(size - 2));
        return value;
    }

    private const int NumberWidth = 16;

    private static void WriteNumber(byte[] value, long number)
    {
        var digits = value.AsSpan(6, NumberWidth);
        for (var i = NumberWidth - 1; i >= 0; i--, number /= 10)
            digits[i] = (byte)('0' + number % 10);
    }
}
