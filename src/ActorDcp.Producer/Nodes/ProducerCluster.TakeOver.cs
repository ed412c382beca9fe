using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Nodes;

/// <summary>The last part of a move: the new active copy takes over, as nodes do among themselves (dcp-reference.md 3.17, 4.6).</summary>
internal sealed partial class ProducerCluster
{
    private const int MostTakeOvers = 3;

    /// <summary>Lets a copy that is nearly fed take over; when its connection breaks before it has, it is fed and tries again.</summary>
    private async Task TakeOverAsync(VBucket active, int from, ImmutableArray<int> chain, CancellationToken cancellationToken)
    {
        var target = Find(chain[0]);
        var copy = target.Bucket.Find(active.Id);
        for (var left = MostTakeOvers; ; left--)
        {
            try
            {
                await TryTakeOverAsync(active, from, target, copy, chain, cancellationToken);
                return;
            }
            catch (IOException broken) when (left > 1)
            {
                Log.TakeOverBroken(active.Id, from, target.Id, broken.Message);
                FollowAll();
                await UntilNearlyFedAsync(active, copy, cancellationToken);
            }
        }
    }

    private async Task TryTakeOverAsync(
        VBucket active, int from, ProducerNode target, VBucket copy, ImmutableArray<int> chain, CancellationToken cancellationToken)
    {
        // what is durable now need not be waited for when nobody is active
        await target.FlushAsync(cancellationToken);
        active.BeginMove();
        copy.BeginMove();
        try
        {
            await UntilTakenOverAsync(target.TakeOver(copy, from, () => Decide(active.Id, chain)), active, copy, cancellationToken);
        }
        catch
        {
            target.Release(copy);
            // else only the last answer was lost
            if (copy.State != VBucketState.Active)
            {
                active.TakeBack();
                copy.ChangeState(VBucketState.Replica);
                throw;
            }
        }
        finally
        {
            if (copy.State == VBucketState.Active && chain.Contains(from))
                active.ChangeState(VBucketState.Replica);
            active.EndMove();
            copy.EndMove();
        }
    }

    /// <summary>The copy has all: from here on it is the active one, also after a crash.</summary>
    private void Decide(VBucketId vbucket, ImmutableArray<int> chain)
    {
        Topology.Advance(vbucket, chain);
        _file?.Write(Topology, _nextNode);
    }

    /// <summary>Waits for the end of a takeover; under writes that are faster than the feed these are held back after a while.</summary>
    /// <exception cref="TimeoutException">It comes no further.</exception>
    private async Task UntilTakenOverAsync(Task takeOver, VBucket active, VBucket copy, CancellationToken cancellationToken)
    {
        var time = Options.TimeProvider;
        var started = time.GetTimestamp();
        var (reached, since) = ((copy.HighSeqno, copy.State), started);
        while (!takeOver.IsCompleted)
        {
            await Task.WhenAny(takeOver, Task.Delay(LongestPoll, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(started) > LongestChase && active.State == VBucketState.Active)
                active.Freeze();
            if (reached != (copy.HighSeqno, copy.State))
                (reached, since) = ((copy.HighSeqno, copy.State), time.GetTimestamp());
            else if (time.GetElapsedTime(since) > LongestStandstill)
                throw new TimeoutException($"vbucket {copy.Id} is taken over no further than seqno {reached.HighSeqno} of {active.HighSeqno}: is its sender stalled?");
        }
        await takeOver;
    }
}
