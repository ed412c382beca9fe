using System.Globalization;

namespace ActorDcp.Hosting;

/// <summary>A number of bytes, written as <c>20MiB</c>, <c>512KiB</c>, <c>1GB</c> or plain <c>4096</c>. Never negative.</summary>
public readonly record struct ByteSize : IComparable<ByteSize>
{
    private static readonly (string Unit, long Factor)[] Units =
    [
        ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1),
    ];

    /// <summary>Makes a size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public ByteSize(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
    }

    /// <summary>The number of bytes.</summary>
    public long Bytes { get; }

    /// <summary>A size in MiB (1,048,576 bytes).</summary>
    public static ByteSize FromMebibytes(int mebibytes) => new((long)mebibytes << 20);

    /// <summary>Reads what <see cref="ToString"/> wrote and what people write.</summary>
    /// <exception cref="FormatException">The text is not a size.</exception>
    public static ByteSize Parse(string text) =>
        TryParse(text, out var size) ? size : throw new FormatException($"\"{text}\" is not a size; write a number and a unit, such as 20MiB");

    /// <summary>Reads a size; false when the text is none.</summary>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        var trimmed = text.AsSpan().Trim();
        var factor = 1L;
        foreach (var (unit, unitFactor) in Units)
        {
            if (!trimmed.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                continue;
            factor = unitFactor;
            trimmed = trimmed[..^unit.Length].TrimEnd();
            break;
        }
        if (!decimal.TryParse(trimmed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        if (number > long.MaxValue / factor || number * factor != decimal.Truncate(number * factor))
            return false;
        size = new ByteSize((long)(number * factor));
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>The largest binary unit that divides the size evenly, as <c>20MiB</c>.</summary>
    public override string ToString()
    {
        foreach (var (unit, factor) in Units.AsSpan(0, 3))
            if (Bytes >= factor && Bytes % factor == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{Bytes / factor}{unit}");
        return string.Create(CultureInfo.InvariantCulture, $"{Bytes}B");
    }

#pragma warning disable CS1591 // comparisons speak for themselves
    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;
    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;
    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;
    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;
#pragma warning restore CS1591
}
