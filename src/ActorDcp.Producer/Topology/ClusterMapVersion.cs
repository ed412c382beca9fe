namespace ActorDcp.Producer.Topology;

/// <summary>Age of a cluster map: newer is larger, by epoch and then revision (dcp-reference.md 2.5).</summary>
internal readonly record struct ClusterMapVersion(long Epoch, long Revision) : IComparable<ClusterMapVersion>
{
    public int CompareTo(ClusterMapVersion other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Revision.CompareTo(other.Revision);
}
