using System.Collections.Immutable;

namespace ActorDcp.Producer.Topology;

/// <summary>
/// Which node holds which copy of each vbucket: a chain of node ids for each, the active's first, then the replicas'.
/// <see cref="Nobody"/> stands where a copy is missing. Immutable.
/// </summary>
internal sealed class VBucketLayout
{
    /// <summary>No node (dcp-reference.md 2.5, reading rule 4).</summary>
    public const int Nobody = -1;

    private readonly ImmutableArray<ImmutableArray<int>> _chains;

    public VBucketLayout(ImmutableArray<ImmutableArray<int>> chains) => _chains = chains;

    public int VBucketCount => _chains.Length;

    public ImmutableArray<ImmutableArray<int>> Chains => _chains;

    /// <summary>All vbuckets spread over the nodes, each with so many replicas as there are other nodes to hold them.</summary>
    public static VBucketLayout Create(int vbuckets, IReadOnlyList<int> nodes, int replicas)
    {
        var chains = ImmutableArray.CreateBuilder<ImmutableArray<int>>(vbuckets);
        for (var vbucket = 0; vbucket < vbuckets; vbucket++)
        {
            var active = vbucket % nodes.Count;
            var chain = ImmutableArray.CreateBuilder<int>(1 + replicas);
            chain.Add(nodes[active]);
            // the replicas of one node's vbuckets go to all the others in turn
            for (var i = 0; i < replicas; i++)
                chain.Add(i >= nodes.Count - 1
                    ? Nobody
                    : nodes[(active + 1 + ((vbucket / nodes.Count) + i) % (nodes.Count - 1)) % nodes.Count]);
            chains.Add(chain.MoveToImmutable());
        }
        return new VBucketLayout(chains.MoveToImmutable());
    }

    public ImmutableArray<int> ChainOf(VBucketId vbucket) => _chains[vbucket.Value];

    public int ActiveOf(VBucketId vbucket) => _chains[vbucket.Value][0];

    public VBucketLayout With(VBucketId vbucket, ImmutableArray<int> chain) => new(_chains.SetItem(vbucket.Value, chain));

    /// <summary>The same with so many places for replicas; new places are empty.</summary>
    public VBucketLayout WithReplicas(int replicas) => new(
        [.. _chains.Select(chain => Enumerable.Range(0, 1 + replicas).Select(i => i < chain.Length ? chain[i] : Nobody).ToImmutableArray())]);

    /// <summary>The same with nobody in the places of a node.</summary>
    public VBucketLayout Without(int node) => new([.. _chains.Select(chain => chain.Select(id => id == node ? Nobody : id).ToImmutableArray())]);

    /// <summary>What a node is to a vbucket; null when it has no copy.</summary>
    public Buckets.VBucketState? RoleOf(int node, VBucketId vbucket) => _chains[vbucket.Value].IndexOf(node) switch
    {
        < 0 => null,
        0 => Buckets.VBucketState.Active,
        _ => Buckets.VBucketState.Replica,
    };
}
