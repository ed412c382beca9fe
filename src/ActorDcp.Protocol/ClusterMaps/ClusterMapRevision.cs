namespace ActorDcp.Protocol.ClusterMaps;

/// <summary>Age of a cluster map: first by epoch, then by revision (dcp-reference.md 2.5).</summary>
/// <param name="Epoch">0 where the map does not say.</param>
/// <param name="Revision">0 for a map without a version.</param>
public readonly record struct ClusterMapRevision(long Epoch, long Revision) : IComparable<ClusterMapRevision>
{
    /// <summary>The epoch as GET_CLUSTER_CONFIG names a known one: -1 for none.</summary>
    public long EpochOnWire => Epoch < 1 ? -1 : Epoch;

    /// <inheritdoc/>
    public int CompareTo(ClusterMapRevision other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Revision.CompareTo(other.Revision);

    /// <summary>As <c>epoch.revision</c>.</summary>
    public override string ToString() => $"{Epoch}.{Revision}";

#pragma warning disable CS1591 // comparisons speak for themselves
    public static bool operator <(ClusterMapRevision left, ClusterMapRevision right) => left.CompareTo(right) < 0;
    public static bool operator >(ClusterMapRevision left, ClusterMapRevision right) => left.CompareTo(right) > 0;
    public static bool operator <=(ClusterMapRevision left, ClusterMapRevision right) => left.CompareTo(right) <= 0;
    public static bool operator >=(ClusterMapRevision left, ClusterMapRevision right) => left.CompareTo(right) >= 0;
#pragma warning restore CS1591
}
