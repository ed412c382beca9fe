using ActorDcp.VBuckets;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.VBuckets;

public sealed class RewindTests(ITestOutputHelper output) : VBucketActorTestBase(output)
{
    [Fact]
    public async Task To_the_beginning_delivers_everything_again_after_the_handler_heard_of_it()
    {
        var vbucket = await HandledAsync(5);

        vbucket.Tell(new VBucketMessages.Rewind(VBucket, RewindTarget.Beginning, DryRun: false), TestActor);

        var accepted = await ExpectMsgAsync<VBucketMessages.RewindAccepted>(Deadline);
        Assert.Equal((new Seqno(5), Seqno.Zero, false), (accepted.From, accepted.To, accepted.DryRun));
        await Until(() => Seqnos.Count == 10);
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL, 1UL, 2UL, 3UL, 4UL, 5UL], Seqnos);
        var heard = Assert.Single(RolledBack);
        Assert.Equal((new Seqno(5), Seqno.Zero, RollbackReason.UserRewind), (heard.From, heard.To, heard.Reason));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_come_again_and_does_nothing()
    {
        var vbucket = await HandledAsync(5);

        vbucket.Tell(new VBucketMessages.Rewind(VBucket, RewindTarget.Beginning, DryRun: true), TestActor);

        var accepted = await ExpectMsgAsync<VBucketMessages.RewindAccepted>(Deadline);
        Assert.Equal((new Seqno(5), Seqno.Zero, true), (accepted.From, accepted.To, accepted.DryRun));
        Write(1);
        await UntilHandled(6);
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL, 6UL], Seqnos);
        Assert.Empty(RolledBack);
    }

    [Fact]
    public async Task A_paused_vbucket_stays_paused_and_goes_on_from_there_when_it_is_resumed()
    {
        var vbucket = await HandledAsync(3);
        vbucket.Tell(new VBucketMessages.Pause(VBucket, "by test"), TestActor);
        await ExpectMsgAsync<VBucketMessages.PauseAccepted>(Deadline);

        vbucket.Tell(new VBucketMessages.Rewind(VBucket, RewindTarget.Beginning, DryRun: false), TestActor);
        await ExpectMsgAsync<VBucketMessages.RewindAccepted>(Deadline);
        await Until(() => Row is { Phase: VBucketPhase.Paused } && Store.Row(VBucket)!.Offset == StreamOffset.Beginning);
        Assert.Equal(3, Seqnos.Count);
        vbucket.Tell(new VBucketMessages.Resume(VBucket), TestActor);
        await ExpectMsgAsync<VBucketMessages.ResumeAccepted>(Deadline);

        await Until(() => Seqnos.Count == 6);
        Assert.Equal([1UL, 2UL, 3UL, 1UL, 2UL, 3UL], Seqnos);
    }

    [Fact]
    public async Task To_now_leaves_out_what_was_not_handled_and_tells_the_handler_nothing()
    {
        var vbucket = await HandledAsync(3);
        vbucket.Tell(new VBucketMessages.Pause(VBucket, "by test"), TestActor);
        await ExpectMsgAsync<VBucketMessages.PauseAccepted>(Deadline);
        Write(4);
        await Until(() => Group.HighSeqnos[VBucket] == new Seqno(7));

        vbucket.Tell(new VBucketMessages.Rewind(VBucket, RewindTarget.Now, DryRun: false), TestActor);
        Assert.Equal(new Seqno(7), (await ExpectMsgAsync<VBucketMessages.RewindAccepted>(Deadline)).To);
        await Until(() => Store.Row(VBucket)!.Offset.Seqno == new Seqno(7) && Row is { Phase: VBucketPhase.Paused });
        vbucket.Tell(new VBucketMessages.Resume(VBucket), TestActor);
        await ExpectMsgAsync<VBucketMessages.ResumeAccepted>(Deadline);
        Write(1);

        await UntilHandled(8);
        Assert.Equal([1UL, 2UL, 3UL, 8UL], Seqnos);
        Assert.Empty(RolledBack);
    }

    [Fact]
    public async Task A_seqno_that_is_not_behind_is_refused()
    {
        var vbucket = await HandledAsync(3);

        vbucket.Tell(new VBucketMessages.Rewind(VBucket, RewindTarget.To(new Seqno(4)), DryRun: false), TestActor);

        Assert.Equal(RejectionKind.Conflict, (await ExpectMsgAsync<VBucketMessages.CommandRejected>(Deadline)).Kind);
        Write(1);
        await UntilHandled(4);
    }

    private async Task<IActorRef> HandledAsync(int count)
    {
        var vbucket = Start();
        Write(count);
        await UntilHandled((ulong)count);
        return vbucket;
    }
}
