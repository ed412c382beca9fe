using System.Globalization;

namespace ActorDcp;

/// <summary>
/// Counts the owners that a vbucket of a group has had. Each take-over raises it by one, so of two owners the one
/// with the lower epoch is stale; a sink that keeps the highest epoch it has seen can refuse the other.
/// </summary>
public readonly record struct OwnershipEpoch(long Value) : IComparable<OwnershipEpoch>
{
    /// <summary>Nobody has owned the vbucket yet.</summary>
    public static OwnershipEpoch None => default;

    /// <inheritdoc/>
    public int CompareTo(OwnershipEpoch other) => Value.CompareTo(other.Value);

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

#pragma warning disable CS1591 // comparisons speak for themselves
    public static bool operator <(OwnershipEpoch left, OwnershipEpoch right) => left.Value < right.Value;
    public static bool operator >(OwnershipEpoch left, OwnershipEpoch right) => left.Value > right.Value;
    public static bool operator <=(OwnershipEpoch left, OwnershipEpoch right) => left.Value <= right.Value;
    public static bool operator >=(OwnershipEpoch left, OwnershipEpoch right) => left.Value >= right.Value;
#pragma warning restore CS1591
}
