using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Topology;

namespace ActorDcp.Producer.Nodes;

/// <summary>What changes the members or who holds what, one at a time (dcp-reference.md 4.6, 5.3).</summary>
internal sealed partial class ProducerCluster
{
    private const int MovesAtATime = 4;

    /// <summary>Makes a node active for a vbucket; who was it becomes a replica in the new active's place, or lets go of it.</summary>
    public Task MoveAsync(VBucketId vbucket, int to, CancellationToken cancellationToken) => ChangeAsync(async stop =>
    {
        var target = Running(to);
        RequireVBucket(vbucket);
        var chain = Topology.Layout.ChainOf(vbucket);
        if (chain[0] == target.Id)
            return;
        var place = chain.IndexOf(target.Id);
        var next = chain.SetItem(0, target.Id);
        await RechainAsync(vbucket, place < 0 ? next : next.SetItem(place, chain[0]), stop);
    }, cancellationToken);

    /// <summary>Adds an empty node.</summary>
    public async Task<ProducerNode> AddAsync(CancellationToken cancellationToken)
    {
        ProducerNode? added = null;
        await ChangeAsync(async stop =>
        {
            var node = NewNode(_nextNode);
            try
            {
                node.Open();
                node.Fill(Bucket.Uuid, _ => null);
                await node.StartAsync(stop);
            }
            catch
            {
                await node.StopAsync(clean: false);
                throw;
            }
            _nextNode++;
            Advance(Topology.Members.Add(node));
            added = node;
        }, cancellationToken);
        return added!;
    }

    /// <summary>Spreads all copies over the running nodes.</summary>
    public Task RebalanceAsync(CancellationToken cancellationToken) =>
        ChangeAsync(stop => RebalanceAsync([.. Topology.Members.Where(member => member.IsRunning)], stop), cancellationToken);

    /// <summary>Moves everything away from a node and stops it.</summary>
    public Task RemoveAsync(int node, CancellationToken cancellationToken) => ChangeAsync(async stop =>
    {
        var leaving = Running(node);
        ImmutableArray<ProducerNode> staying = [.. Topology.Members.Where(member => member != leaving && member.IsRunning)];
        if (staying.IsEmpty)
            throw new InvalidOperationException($"node {node} is the only one that runs: another must hold the bucket first");
        await RebalanceAsync(staying, stop);
        // a vbucket that cannot be reached could not be moved: its copy goes
        Advance(Topology.Members.Remove(leaving), Topology.Layout.Without(leaving.Id));
        await leaving.StopAsync(clean: true);
    }, cancellationToken);

    /// <summary>Takes a node for lost: it is stopped as a crash would, and of each vbucket that it was active for a replica is promoted.</summary>
    public Task FailOverAsync(int node, CancellationToken cancellationToken) => ChangeAsync(async stop =>
    {
        var lost = Find(node);
        if (Topology.Members.Length == 1)
            throw new InvalidOperationException($"node {node} is the only one");
        await lost.StopAsync(clean: false);
        var chains = Topology.Layout.Chains;
        int promoted = 0, gone = 0;
        for (var i = 0; i < chains.Length; i++)
        {
            var chain = chains[i];
            if (!chain.Contains(node))
                continue;
            var next = WithoutNode(VBucketId.From(i), chain, node);
            if (chain[0] == node && next[0] == VBucketLayout.Nobody)
                gone++;
            else if (chain[0] == node)
            {
                Promote(VBucketId.From(i), next[0], takeover: false);
                promoted++;
            }
            chains = chains.SetItem(i, next);
        }
        Advance(Topology.Members.Remove(lost), new VBucketLayout(chains));
        // the branches that began survive a crash from here on
        await FlushAsync(stop);
        Log.FailedOver(node, promoted, gone);
    }, cancellationToken);

    /// <summary>Stops a node that stays a member: its vbuckets cannot be reached until it is started again, or failed over.</summary>
    public Task StopNodeAsync(int node, bool clean, CancellationToken cancellationToken) =>
        ChangeAsync(_ => Find(node).StopAsync(clean), cancellationToken);

    /// <summary>Starts a stopped node on its ports.</summary>
    public Task StartNodeAsync(int node, CancellationToken cancellationToken) => ChangeAsync(async stop =>
    {
        var member = Find(node);
        if (member.IsRunning)
            return;
        try
        {
            member.Open();
            var layout = Topology.Layout;
            member.Fill(Bucket.Uuid, vbucket => layout.RoleOf(node, vbucket));
            await member.StartAsync(stop);
        }
        catch
        {
            await member.StopAsync(clean: false);
            throw;
        }
        Advance();
    }, cancellationToken);

    /// <summary>One change at a time, never on the caller's context: a writer that waits there for a move must not keep it from ending.</summary>
    private async Task ChangeAsync(Func<CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        await _changing.WaitAsync(stop.Token).ConfigureAwait(false);
        try
        {
            await Task.Run(() => change(stop.Token), stop.Token).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task RebalanceAsync(ImmutableArray<ProducerNode> nodes, CancellationToken cancellationToken)
    {
        var current = Topology.Layout;
        var plan = RebalancePlan.Make(current, [.. nodes.Select(node => node.Id)], Options.Replicas);
        var changes = Enumerable.Range(0, plan.VBucketCount).Select(VBucketId.From)
            .Where(vbucket => !plan.ChainOf(vbucket).SequenceEqual(current.ChainOf(vbucket)) && IsReachable(vbucket));
        await Parallel.ForEachAsync(changes,
            new ParallelOptions { MaxDegreeOfParallelism = MovesAtATime, CancellationToken = cancellationToken },
            async (vbucket, stop) => await RechainAsync(vbucket, plan.ChainOf(vbucket), stop));
    }

    /// <summary>A vbucket whose only copies are on nodes that are stopped cannot be moved; one that nobody has begins anew, empty.</summary>
    private bool IsReachable(VBucketId vbucket)
    {
        var active = Topology.Layout.ActiveOf(vbucket);
        return active == VBucketLayout.Nobody || Find(active).IsRunning;
    }

    private ProducerNode Running(int node) => Find(node) is { IsRunning: true } found
        ? found
        : throw new InvalidOperationException($"node {node} is stopped");

    private void RequireVBucket(VBucketId vbucket)
    {
        if (vbucket.Value >= Settings.VBuckets)
            throw new ArgumentOutOfRangeException(nameof(vbucket), vbucket, $"bucket {Settings.Name} has {Settings.VBuckets} vbuckets");
    }

    /// <summary>The chain after a node's loss: the replica that has come farthest takes the place of a lost active, so that no durable write is lost.</summary>
    private ImmutableArray<int> WithoutNode(VBucketId vbucket, ImmutableArray<int> chain, int node)
    {
        var left = chain.Select(id => id == node ? VBucketLayout.Nobody : id).ToArray();
        if (left[0] != VBucketLayout.Nobody)
            return [.. left];
        var next = left
            .Where(id => id != VBucketLayout.Nobody && Find(id).IsRunning)
            .OrderByDescending(id => Find(id).Bucket.TryFind(vbucket)?.PreparedToAcknowledge)
            .ThenByDescending(id => Find(id).Bucket.TryFind(vbucket)?.HighSeqno)
            .FirstOrDefault(VBucketLayout.Nobody);
        if (next != VBucketLayout.Nobody)
            (left[0], left[Array.IndexOf(left, next)]) = (next, VBucketLayout.Nobody);
        return [.. left];
    }

    private void Promote(VBucketId vbucket, int node, bool takeover)
    {
        var holder = Find(node);
        var copy = holder.Bucket.Find(vbucket);
        holder.Release(copy);
        copy.Thaw();
        copy.Promote(takeover);
    }
}
