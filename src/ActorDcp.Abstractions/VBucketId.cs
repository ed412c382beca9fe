using System.Globalization;

namespace ActorDcp;

/// <summary>Number of a vbucket (partition) of a bucket, 0 to 65,535. Buckets have 1,024 of them unless set up otherwise.</summary>
public readonly record struct VBucketId(ushort Value) : IComparable<VBucketId>
{
    /// <summary>Makes an id from a wider number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not between 0 and 65,535.</exception>
    public static VBucketId From(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ushort.MaxValue);
        return new VBucketId((ushort)value);
    }

    /// <inheritdoc/>
    public int CompareTo(VBucketId other) => Value.CompareTo(other.Value);

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

#pragma warning disable CS1591 // comparisons speak for themselves
    public static bool operator <(VBucketId left, VBucketId right) => left.Value < right.Value;
    public static bool operator >(VBucketId left, VBucketId right) => left.Value > right.Value;
    public static bool operator <=(VBucketId left, VBucketId right) => left.Value <= right.Value;
    public static bool operator >=(VBucketId left, VBucketId right) => left.Value >= right.Value;
#pragma warning restore CS1591
}
