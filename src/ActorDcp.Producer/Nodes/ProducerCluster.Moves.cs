using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Replication;
using ActorDcp.Producer.Topology;

namespace ActorDcp.Producer.Nodes;

/// <summary>The graceful move of one vbucket (dcp-reference.md 4.6.3, 4.6.5).</summary>
internal sealed partial class ProducerCluster
{
    /// <summary>So long a copy may go without coming closer to the active one before a move is given up.</summary>
    private static readonly TimeSpan LongestStandstill = TimeSpan.FromSeconds(20);

    /// <summary>So many changes a copy may lag when writes begin to be held back for it.</summary>
    private const ulong SmallLag = 100;

    /// <summary>So long a copy may run after writes before they are held back for it.</summary>
    private static readonly TimeSpan LongestChase = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Brings a vbucket to other nodes: makes the copies that are missing and feeds them; lets the new active take over once it has
    /// everything, with the failover log kept; publishes the map; drops the copies that are not wanted any more.
    /// </summary>
    private async Task RechainAsync(VBucketId vbucket, ImmutableArray<int> chain, CancellationToken cancellationToken)
    {
        var from = Topology.Layout.ChainOf(vbucket);
        if (from[0] == VBucketLayout.Nobody)
        {
            BeginEmpty(vbucket, chain);
            return;
        }
        var active = Find(from[0]).Bucket.Find(vbucket);
        try
        {
            var copies = chain.Where(id => id != VBucketLayout.Nobody && id != from[0] && Find(id).IsRunning)
                .Select(id => (Node: Find(id), Copy: FindOrCreate(id, vbucket))).ToList();
            foreach (var (_, copy) in copies)
                await UntilNearlyFedAsync(active, copy, cancellationToken);
            if (chain[0] != from[0])
                await TakeOverAsync(active, from[0], chain, cancellationToken);
            else
                Topology.Advance(vbucket, chain);
            TellChain(vbucket);
        }
        catch
        {
            FollowAll();
            DropUnwanted(vbucket);
            throw;
        }
        FollowAll();
        DropUnwanted(vbucket);
        Publish();
        if (chain[0] != from[0])
            Log.Moved(vbucket, from[0], chain[0]);
    }

    /// <summary>Waits until every replica on a running node has all that its active copy has.</summary>
    public async Task WaitForReplicasAsync(CancellationToken cancellationToken)
    {
        var layout = Topology.Layout;
        for (var i = 0; i < layout.VBucketCount; i++)
        {
            var vbucket = VBucketId.From(i);
            if (ActiveOf(vbucket) is not { } active)
                continue;
            foreach (var id in layout.ChainOf(vbucket).Skip(1))
                if (id != VBucketLayout.Nobody && Find(id) is { IsRunning: true } holder && holder.Bucket.TryFind(vbucket) is { } copy)
                    await UntilFedAsync(active, copy, lag: 0, cancellationToken);
        }
    }

    /// <summary>Waits until a copy is nearly up to date; but under writes that are faster than its feed only so long.</summary>
    private async Task UntilNearlyFedAsync(VBucket active, VBucket copy, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(LongestChase, Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await UntilFedAsync(active, copy, SmallLag, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await UntilFedAsync(active, copy, active.HighSeqno - copy.HighSeqno, cancellationToken);
        }
    }

    /// <summary>Waits until a copy is of the active's branch and lags no more than so much.</summary>
    /// <exception cref="TimeoutException">It does not come closer.</exception>
    private async Task UntilFedAsync(VBucket active, VBucket copy, ulong lag, CancellationToken cancellationToken)
    {
        var time = Options.TimeProvider;
        var (lastHigh, since, delay) = (copy.HighSeqno, time.GetTimestamp(), FirstPoll);
        while (!IsFed(active, copy, lag))
        {
            await Task.Delay(delay, time, cancellationToken);
            delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestPoll.Ticks));
            var high = copy.HighSeqno;
            if (high != lastHigh)
                (lastHigh, since) = (high, time.GetTimestamp());
            else if (time.GetElapsedTime(since) > LongestStandstill)
                throw new TimeoutException($"vbucket {copy.Id} is fed no further than seqno {high} of {active.HighSeqno}: is its sender stalled?");
        }
    }

    private static bool IsFed(VBucket active, VBucket copy, ulong lag)
    {
        var (high, at) = (active.HighSeqno, copy.ReceivedPosition);
        if (at.Uuid != active.Uuid || at.Seqno + lag < high)
            return false;
        return lag > 0 || at.SnapshotEnd <= at.Seqno;
    }

    private VBucket FindOrCreate(int node, VBucketId vbucket)
    {
        var holder = Find(node);
        if (holder.Bucket.TryFind(vbucket) is { } copy)
            return copy;
        var created = holder.Bucket.Create(vbucket, VBucketState.Replica);
        holder.Follow();
        return created;
    }

    /// <summary>A vbucket that was lost with all its copies begins anew, without documents.</summary>
    private void BeginEmpty(VBucketId vbucket, ImmutableArray<int> chain)
    {
        foreach (var id in chain)
            if (id != VBucketLayout.Nobody && Find(id).IsRunning)
                Find(id).Bucket.Create(vbucket, id == chain[0] ? VBucketState.Active : VBucketState.Replica)
                    .ApplyManifest(Settings.Collections.Current);
        Topology.Advance(vbucket, chain);
        TellChain(vbucket);
        FollowAll();
        Publish();
    }

    /// <summary>The active copy must know by which nodes a durable write is to be acknowledged.</summary>
    private void TellChain(VBucketId vbucket) => ActiveOf(vbucket)?.SetReplicationChain(
        [.. Topology.Layout.ChainOf(vbucket).Select(id => id == VBucketLayout.Nobody ? null : ReplicationHandshake.NameOf(id))]);

    private void TellChains()
    {
        for (var i = 0; i < Settings.VBuckets; i++)
            TellChain(VBucketId.From(i));
    }

    private void DropUnwanted(VBucketId vbucket)
    {
        var chain = Topology.Layout.ChainOf(vbucket);
        foreach (var member in Topology.Members)
        {
            if (!member.IsRunning || chain.Contains(member.Id) || member.Bucket.TryFind(vbucket) is not { } copy)
                continue;
            member.Release(copy);
            member.Bucket.Remove(vbucket);
        }
    }
}
