using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.VBuckets;

/// <summary>A stream opens from the row while the journal recovers behind it, unless something in the journal forbids that.</summary>
public sealed class HistoryBehindTheStreamTests(ITestOutputHelper output) : VBucketActorTestBase(output)
{
    [Fact]
    public async Task A_stream_does_not_wait_for_the_journal()
    {
        await HandleAndDrainAsync(3);
        Recoveries.Shut();

        var vbucket = Start();
        Write(2);
        await UntilHandled(5);
        vbucket.Tell(new VBucketMessages.GetHistory(VBucket), TestActor);
        Recoveries.Open();

        var history = (await ExpectMsgAsync<VBucketMessages.HistoryReply>(Deadline)).History;
        Assert.Equal([1L, 2L], history.Facts.OfType<VBucketFact.OwnershipTaken>().Select(fact => fact.Epoch.Value));
        Assert.Equal([0UL, 3UL], history.Facts.OfType<VBucketFact.StreamOpened>().Select(fact => fact.From.Seqno.Value));
        Assert.Empty(RolledBack);
    }

    [Fact]
    public async Task A_paused_vbucket_waits_for_the_journal_and_stays_paused()
    {
        var vbucket = Start();
        Write(3);
        await UntilHandled(3);
        vbucket.Tell(new VBucketMessages.Pause(VBucket, "by test"), TestActor);
        await ExpectMsgAsync<VBucketMessages.PauseAccepted>(Deadline);
        Assert.True(Store.Row(VBucket)!.MustRecover);
        await KillAsync(vbucket);
        Recoveries.Shut();

        var next = Start();
        Write(1);
        await Until(() => Row is { Phase: VBucketPhase.TakingOwnership } && Store.TakeOvers.Count == 2);
        Recoveries.Open();

        await UntilPhase(VBucketPhase.Paused);
        Assert.Equal(3, Seqnos.Count);
        next.Tell(new VBucketMessages.Resume(VBucket), TestActor);
        await ExpectMsgAsync<VBucketMessages.ResumeAccepted>(Deadline);
        await UntilHandled(4);
        await DrainAsync(next);
        Assert.False(Store.Row(VBucket)!.MustRecover);
    }

    [Fact]
    public async Task A_pause_that_the_row_cannot_announce_is_neither_accepted_nor_kept()
    {
        var vbucket = Start();
        Write(3);
        await UntilHandled(3);
        Store.IsAway = true;

        vbucket.Tell(new VBucketMessages.Pause(VBucket, "by test"), TestActor);
        await Until(() => Store.Failures > 1);
        await KillAsync(vbucket);
        Assert.Equal(RejectionKind.Unavailable, (await ExpectMsgAsync<VBucketMessages.CommandRejected>(Deadline)).Kind);
        Store.IsAway = false;

        Start();
        Write(1);
        await Until(() => Seqnos.Contains(4UL));
    }

    [Fact]
    public async Task A_branch_that_the_row_does_not_know_waits_for_the_journal()
    {
        await HandleAndDrainAsync(3);
        Producer.Failover(VBucket, new Seqno(3));
        Recoveries.Shut();

        Start();
        Write(2);
        await Until(() => Row is { Phase: VBucketPhase.Opening, Reason: "reading the journal" });
        await Until(() => OpenStreams == 0);
        Assert.Empty(RolledBack);
        Recoveries.Open();

        await UntilHandled(5);
        Assert.Equal(new Seqno(3), Assert.Single(RolledBack).To);
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL], Seqnos);
    }

    [Fact]
    public async Task A_rollback_that_was_not_told_is_told_by_the_next_owner()
    {
        var vbucket = Start();
        Write(10);
        await UntilHandled(10);
        var never = new TaskCompletionSource();
        Undoing = never.Task.WaitAsync;
        Producer.LoseNewest(VBucket, 4);
        await Until(() => !RolledBack.IsEmpty);
        Assert.True(Store.Row(VBucket)!.MustRecover);
        await KillAsync(vbucket);
        Undoing = _ => Task.CompletedTask;
        RolledBack.Clear();
        Recoveries.Shut();

        Start();
        await Until(() => Row is { Phase: VBucketPhase.TakingOwnership } && Store.TakeOvers.Count == 2);
        Recoveries.Open();
        Write(1);

        await UntilHandled(7);
        Assert.Equal(new Seqno(10), Assert.Single(RolledBack).From);
    }

    private async Task HandleAndDrainAsync(int count)
    {
        var vbucket = Start();
        Write(count);
        await UntilHandled((ulong)count);
        await DrainAsync(vbucket);
    }

    private Task DrainAsync(IActorRef vbucket) => EndAsync(vbucket, () => vbucket.Tell(VBucketMessages.Drain.Instance));

    private Task KillAsync(IActorRef vbucket) => EndAsync(vbucket, () => Sys.Stop(vbucket));

    private async Task EndAsync(IActorRef vbucket, Action end)
    {
        var watcher = CreateTestProbe();
        await watcher.WatchAsync(vbucket);
        end();
        await watcher.ExpectTerminatedAsync(vbucket, Deadline);
    }
}
