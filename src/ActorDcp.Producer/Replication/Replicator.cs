using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using ActorDcp.Producer.Topology;

namespace ActorDcp.Producer.Replication;

/// <summary>
/// The consumer side of a node: every copy here that is a replica, or about to become active, is fed by the node that is active
/// for it. Safe to use from any thread.
/// </summary>
internal sealed class Replicator(ProducerNode self, ProducerCluster cluster) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, ReplicationLink> _links = [];
    private bool _closed;

    /// <summary>Looks anew at who feeds what. A copy that has changed hands is let go of before another node begins to feed it.</summary>
    public void Follow()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var (_, members, layout) = cluster.Topology.Look();
            var fed = self.Bucket.VBuckets
                .Where(copy => copy.State is VBucketState.Replica or VBucketState.Pending)
                .GroupBy(copy => layout.ActiveOf(copy.Id), copy => copy.Id)
                .Where(group => group.Key != VBucketLayout.Nobody && group.Key != self.Id)
                .ToDictionary(group => group.Key, group => group.ToImmutableHashSet());
            // first all that is taken away
            foreach (var (source, link) in _links)
                link.Keep(fed.GetValueOrDefault(source, []));
            foreach (var (source, vbuckets) in fed)
                if (LinkTo(members, source) is { } link)
                    link.Feed(vbuckets);
        }
    }

    /// <summary>Feeds a copy no more, until <see cref="Follow"/>.</summary>
    public void Release(VBucket copy)
    {
        lock (_gate)
            foreach (var link in _links.Values)
                link.Release(copy.Id);
    }

    /// <inheritdoc cref="ProducerNode.TakeOver"/>
    public Task TakeOver(VBucket copy, int source, Action decide)
    {
        lock (_gate)
            return _links.TryGetValue(source, out var link)
                ? link.TakeOver(copy, decide)
                : Task.FromException(new IOException($"node {self.Id} is not connected to node {source}"));
    }

    public async ValueTask DisposeAsync()
    {
        List<ReplicationLink> links;
        lock (_gate)
        {
            _closed = true;
            links = [.. _links.Values];
            _links.Clear();
        }
        foreach (var link in links)
            await link.DisposeAsync();
    }

    private ReplicationLink? LinkTo(ImmutableArray<ProducerNode> members, int source)
    {
        if (_links.TryGetValue(source, out var link))
            return link;
        if (members.FirstOrDefault(member => member.Id == source) is not { } node)
            return null;
        return _links[source] = new ReplicationLink(node, self, cluster);
    }
}
