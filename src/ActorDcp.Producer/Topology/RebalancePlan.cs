using System.Collections.Immutable;

namespace ActorDcp.Producer.Topology;

/// <summary>Where copies should be so that every node holds about as many, with as few of them moved as that takes. Pure.</summary>
internal static class RebalancePlan
{
    /// <summary>The chains to come to.</summary>
    /// <param name="current">Where copies are.</param>
    /// <param name="nodes">Nodes that may hold copies.</param>
    /// <param name="replicas">Replicas that each vbucket should have.</param>
    public static VBucketLayout Make(VBucketLayout current, IReadOnlyList<int> nodes, int replicas)
    {
        var chains = new int[current.VBucketCount][];
        for (var i = 0; i < chains.Length; i++)
        {
            chains[i] = new int[1 + replicas];
            Array.Fill(chains[i], VBucketLayout.Nobody);
        }
        for (var place = 0; place <= Math.Min(replicas, nodes.Count - 1); place++)
            Assign(current, nodes, chains, place);
        return new VBucketLayout([.. chains.Select(chain => chain.ToImmutableArray())]);
    }

    /// <summary>Who is there stays while that does not overload it; the rest goes to the least loaded, best to one that has a copy already.</summary>
    private static void Assign(VBucketLayout current, IReadOnlyList<int> nodes, int[][] chains, int place)
    {
        var load = nodes.ToDictionary(node => node, _ => 0);
        var most = (chains.Length + nodes.Count - 1) / nodes.Count;
        var atMost = chains.Length % nodes.Count == 0 ? nodes.Count : chains.Length % nodes.Count;
        var homeless = new List<int>();
        for (var i = 0; i < chains.Length; i++)
        {
            var chain = current.Chains[i];
            var holder = place < chain.Length ? chain[place] : VBucketLayout.Nobody;
            if (load.TryGetValue(holder, out var held) && !chains[i].Contains(holder) && MayTake(held))
                Take(i, holder);
            else
                homeless.Add(i);
        }
        foreach (var i in homeless)
        {
            var free = nodes.Where(node => !chains[i].Contains(node)).ToList();
            var roomy = free.Where(node => MayTake(load[node])).ToList();
            Take(i, (roomy.Count > 0 ? roomy : free)
                .OrderBy(node => load[node]).ThenByDescending(node => current.Chains[i].Contains(node)).First());
        }

        // so many nodes may hold the larger share as it takes
        bool MayTake(int held) => held < most - 1 || (held < most && load.Values.Count(other => other == most) < atMost);

        void Take(int vbucket, int node)
        {
            chains[vbucket][place] = node;
            load[node]++;
        }
    }
}
