using Akka.Actor;

namespace ActorDcp.Group;

/// <summary>
/// A member that is about to leave says so first, and gives its shards away a few at a time, as <see cref="EvenAllocation"/> takes
/// them: each vbucket then pauses for its own move only. Akka by itself stops all of them at once, and they start elsewhere all at once.
/// </summary>
internal static class HandOverBeforeLeaving
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns when the last vbucket is gone, when nobody is left to take one, or when the time is over.</summary>
    public static async Task RunAsync(ActorSystem system, GroupContext group, TimeSpan limit)
    {
        if (!group.HasOtherMembers(system))
            return;
        using var deadline = new CancellationTokenSource(limit, group.Time);
        var cluster = Akka.Cluster.Cluster.Get(system);
        cluster.Leave(cluster.SelfAddress);
        try
        {
            using var timer = new PeriodicTimer(Poll, group.Time);
            // a shard that is asked while it gives its vbuckets away does not answer
            while (group.HasOtherMembers(system) && group.Board.Rows.Count > 0)
                await timer.WaitForNextTickAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // what is left is drained here
        }
    }
}
