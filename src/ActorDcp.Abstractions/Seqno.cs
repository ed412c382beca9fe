using System.Globalization;

namespace ActorDcp;

/// <summary>Position in a vbucket's history. Unsigned 64-bit; always compared unsigned.</summary>
public readonly record struct Seqno(ulong Value) : IComparable<Seqno>
{
    /// <summary>Before the first change.</summary>
    public static Seqno Zero => default;

    /// <summary>As the end of a stream: never.</summary>
    public static Seqno Max => new(ulong.MaxValue);

    /// <summary>The larger of two.</summary>
    public static Seqno Larger(Seqno left, Seqno right) => left.Value >= right.Value ? left : right;

    /// <summary>The smaller of two.</summary>
    public static Seqno Smaller(Seqno left, Seqno right) => left.Value <= right.Value ? left : right;

    /// <inheritdoc/>
    public int CompareTo(Seqno other) => Value.CompareTo(other.Value);

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

#pragma warning disable CS1591 // comparisons speak for themselves
    public static bool operator <(Seqno left, Seqno right) => left.Value < right.Value;
    public static bool operator >(Seqno left, Seqno right) => left.Value > right.Value;
    public static bool operator <=(Seqno left, Seqno right) => left.Value <= right.Value;
    public static bool operator >=(Seqno left, Seqno right) => left.Value >= right.Value;
#pragma warning restore CS1591
}
