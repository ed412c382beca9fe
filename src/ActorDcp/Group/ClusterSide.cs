using Akka.Cluster;

namespace ActorDcp.Group;

/// <summary>Which side of a partition this member seems to be on, by the rule of split-brain resolution (keep-majority).</summary>
internal static class ClusterSide
{
    /// <summary>
    /// Whether the members that can be reached are the smaller side, or of two equal ones that without the lowest address: the side
    /// that will be downed, and whose vbuckets others take over.
    /// </summary>
    public static bool IsLosing(ClusterEvent.CurrentClusterState state)
    {
        if (state.Unreachable.IsEmpty)
            return false;
        var voters = state.Members.Where(member => member.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting).ToList();
        var unreachable = voters.Where(member => state.Unreachable.Contains(member)).ToHashSet();
        var reachable = voters.Count - unreachable.Count;
        if (reachable != unreachable.Count)
            return reachable < unreachable.Count;
        return reachable > 0 && unreachable.Contains(voters.Min(ByAddress)!);
    }

    private static readonly Comparer<Member> ByAddress =
        Comparer<Member>.Create((one, other) => Member.AddressOrdering.Compare(one.Address, other.Address));
}
