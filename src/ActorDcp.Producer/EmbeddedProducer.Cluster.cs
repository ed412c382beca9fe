using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer;

/// <summary>The nodes, and what can be done with them. One change of the cluster is under way at a time; others wait for it.</summary>
public sealed partial class EmbeddedProducer
{
    /// <summary>The nodes of the cluster, whether they run or not, in the order of the cluster map.</summary>
    public IReadOnlyList<ProducerNode> Nodes => _cluster.Topology.Members;

    /// <summary>The node that is active for a vbucket; null when none is (dcp-reference.md 2.5: -1 in the map).</summary>
    public ProducerNode? ActiveNodeOf(VBucketId vbucket) => NodesOf(vbucket)[0];

    /// <summary>The nodes that hold a vbucket as the cluster map has it: the active, then the replicas; null where nobody is.</summary>
    public IReadOnlyList<ProducerNode?> NodesOf(VBucketId vbucket)
    {
        var (_, members, layout) = _cluster.Topology.Look();
        return [.. layout.ChainOf(vbucket).Select(id => members.FirstOrDefault(member => member.Id == id))];
    }

    /// <summary>Revision of the cluster map.</summary>
    public long MapRevision => _cluster.Topology.Version.Revision;

    /// <summary>
    /// Makes a node active for a vbucket without losing anything: it is fed, takes over with the failover log kept, and the old copy's
    /// streams end with reason 2 (dcp-reference.md 4.6). If it was a replica, the old active becomes one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such vbucket or node.</exception>
    /// <exception cref="InvalidOperationException">The node, or the one that is active, is stopped.</exception>
    /// <exception cref="TimeoutException">The new copy is not fed; nothing has changed.</exception>
    public Task MoveVBucketAsync(VBucketId vbucket, int toNode, CancellationToken cancellationToken = default) =>
        _cluster.MoveAsync(vbucket, toNode, cancellationToken);

    /// <summary>
    /// Takes a node for lost: it is stopped as by a crash and leaves the cluster. Of each vbucket that it was active for the first replica
    /// is promoted and begins a branch at the end of the last snapshot that it had whole; one without a replica is nobody's from then on,
    /// until a rebalance begins it anew (dcp-reference.md 5.3).
    /// </summary>
    /// <exception cref="InvalidOperationException">It is the only one.</exception>
    public Task FailOverNodeAsync(int node, CancellationToken cancellationToken = default) => _cluster.FailOverAsync(node, cancellationToken);

    /// <summary>Adds an empty node; <see cref="RebalanceAsync"/> brings vbuckets to it.</summary>
    public Task<ProducerNode> AddNodeAsync(CancellationToken cancellationToken = default) => _cluster.AddAsync(cancellationToken);

    /// <summary>Moves everything away from a node, which then leaves the cluster and is stopped. Nothing is lost.</summary>
    /// <exception cref="InvalidOperationException">No other node runs, or it is stopped itself: fail it over.</exception>
    public Task RemoveNodeAsync(int node, CancellationToken cancellationToken = default) => _cluster.RemoveAsync(node, cancellationToken);

    /// <summary>Spreads active copies and replicas evenly over the nodes that run, with as few moves as that takes.</summary>
    public Task RebalanceAsync(CancellationToken cancellationToken = default) => _cluster.RebalanceAsync(cancellationToken);

    /// <summary>
    /// Stops a node that stays a member; clients see it go away. With a data folder it reads that again when it is started; without
    /// one its memory plays the disk, except in an ephemeral bucket.
    /// </summary>
    /// <param name="node">Its id.</param>
    /// <param name="clean">False to stop as a crash would.</param>
    /// <param name="cancellationToken">Stops waiting for another change of the cluster.</param>
    public Task StopNodeAsync(int node, bool clean = true, CancellationToken cancellationToken = default) =>
        _cluster.StopNodeAsync(node, clean, cancellationToken);

    /// <summary>Starts a node that was stopped, on the ports it had.</summary>
    public Task StartNodeAsync(int node, CancellationToken cancellationToken = default) => _cluster.StartNodeAsync(node, cancellationToken);

    /// <summary>Waits until every replica on a running node has all that its active copy has.</summary>
    /// <exception cref="TimeoutException">One is not fed.</exception>
    public Task WaitForReplicasAsync(CancellationToken cancellationToken = default) => _cluster.WaitForReplicasAsync(cancellationToken);
}
