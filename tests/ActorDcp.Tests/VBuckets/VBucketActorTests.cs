using ActorDcp.Connections;
using ActorDcp.Handlers;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Streams;
using ActorDcp.VBuckets;
using Akka.Actor;
using Xunit.Abstractions;
using Status = ActorDcp.Protocol.Status;

namespace ActorDcp.Tests.VBuckets;

public sealed class VBucketActorTests(ITestOutputHelper output) : VBucketActorTestBase(output)
{
    [Fact]
    public async Task All_changes_are_delivered_in_order()
    {
        Write(20);
        Start();

        await UntilHandled(20);
        Write(5);
        await UntilHandled(25);

        Assert.Equal(Enumerable.Range(1, 25).Select(seqno => (ulong)seqno), Seqnos);
    }

    [Fact]
    public async Task After_a_lost_connection_it_goes_on_where_it_was()
    {
        Start();
        Write(5);
        await UntilHandled(5);

        Producer.DropConnections();
        Write(5);

        await UntilHandled(10);
        Assert.Equal(Enumerable.Range(1, 10).Select(seqno => (ulong)seqno), Seqnos);
    }

    [Theory]
    [InlineData(Status.TemporaryFailure)]
    [InlineData(Status.NotMyVBucket)]
    [InlineData(Status.Busy)]
    public async Task A_request_that_is_refused_for_now_is_made_again(Status status)
    {
        Write(3);
        Producer.AnswerNext(status, 3, Opcode.DcpStreamReq);

        Start();

        await UntilHandled(3);
        Assert.Equal([1UL, 2UL, 3UL], Seqnos);
    }

    [Fact]
    public async Task A_vbucket_that_nobody_serves_is_waited_for()
    {
        Start();
        Write(2);
        await UntilHandled(2);

        Producer.SetState(VBucket, VBucketState.Dead);
        await Until(() => Row!.Phase is VBucketPhase.AwaitingTopology or VBucketPhase.Opening);
        Producer.SetState(VBucket, VBucketState.Active);
        await UntilPhase(VBucketPhase.Streaming);
        Write(1);

        await Until(() => Seqnos.Count == 3);
    }

    [Fact]
    public async Task A_handler_that_fails_for_good_pauses_the_vbucket_until_it_is_resumed()
    {
        var broken = true;
        Handling = _ => broken ? throw new InvalidOperationException("broken") : ValueTask.CompletedTask;
        Write(3);
        var vbucket = Start();
        await UntilPhase(VBucketPhase.Paused);
        Assert.Equal(0, OpenStreams);
        broken = false;

        vbucket.Tell(new VBucketMessages.Resume(VBucket), TestActor);

        await ExpectMsgAsync<VBucketMessages.ResumeAccepted>(Deadline);
        await UntilHandled(3);
    }

    [Fact]
    public async Task A_pause_is_accepted_once_it_outlives_a_restart()
    {
        var vbucket = Start();
        Write(3);
        await UntilHandled(3);

        vbucket.Tell(new VBucketMessages.Pause(VBucket, "by test"), TestActor);
        await ExpectMsgAsync<VBucketMessages.PauseAccepted>(Deadline);
        Watch(vbucket);
        Sys.Stop(vbucket);
        await ExpectTerminatedAsync(vbucket, Deadline);
        Start();

        await UntilPhase(VBucketPhase.Paused);
        Assert.Equal("by test", Row!.Reason);
    }

    [Fact]
    public async Task Whoever_asks_for_a_pause_is_answered_also_when_the_vbucket_is_handed_off_meanwhile()
    {
        var inWork = new TaskCompletionSource();
        Handling = _ => new ValueTask(inWork.Task);
        var vbucket = Start();
        Write(1);
        await Until(() => Row?.Progress?.Progress.Sample().InHandlerFor is not null);

        vbucket.Tell(new VBucketMessages.Pause(VBucket, "by test"), TestActor);
        vbucket.Tell(VBucketMessages.Drain.Instance);

        Assert.Equal(RejectionKind.Unavailable, (await ExpectMsgAsync<VBucketMessages.CommandRejected>(Deadline)).Kind);
        inWork.SetResult();
    }

    [Fact]
    public async Task A_drain_saves_exactly_what_was_handled()
    {
        var vbucket = Start();
        Write(7);
        await UntilHandled(7);
        Watch(vbucket);

        vbucket.Tell(VBucketMessages.Drain.Instance);

        await ExpectTerminatedAsync(vbucket, Deadline);
        Assert.Equal(new Seqno(7), Store.Row(VBucket)!.Offset.Seqno);
        Write(2);
        Start();
        await UntilHandled(9);
        Assert.Equal(Enumerable.Range(1, 9).Select(seqno => (ulong)seqno), Seqnos);
    }

    [Fact]
    public async Task A_drain_awaits_the_batch_in_work()
    {
        var inWork = new TaskCompletionSource();
        Handling = _ => new ValueTask(inWork.Task);
        var vbucket = Start();
        Write(1);
        await Until(() => Row?.Progress?.Progress.Sample().InHandlerFor is not null);
        Watch(vbucket);

        vbucket.Tell(VBucketMessages.Drain.Instance);
        await UntilPhase(VBucketPhase.Draining);
        inWork.SetResult();

        await ExpectTerminatedAsync(vbucket, Deadline);
        Assert.Equal(new Seqno(1), Store.Row(VBucket)!.Offset.Seqno);
    }

    [Fact]
    public async Task An_owner_that_lost_its_epoch_stops_and_its_stream_is_closed()
    {
        var old = Start();
        Write(3);
        await UntilHandled(3);
        Watch(old);

        Store.TakeAway(VBucket);
        Group.OffsetWriter.Tell(new ActorDcp.Persistence.OffsetWriterProtocol.SaveNow(VBucket, new OwnershipEpoch(1)), old);

        await ExpectTerminatedAsync(old, Deadline);
        await Until(() => OpenStreams == 0);
        Write(2);
        Start();
        await Until(() => Seqnos.Contains(5UL));
        Assert.All(Delivered.Skip(3), change => Assert.Equal(3, change.Epoch));
    }

    [Fact]
    public async Task A_stream_that_opens_for_a_vbucket_that_stopped_is_closed()
    {
        Start();
        await UntilPhase(VBucketPhase.Streaming);
        for (var i = 0; i < 20; i++)
        {
            var asker = CreateTestProbe();
            var request = new Client.StreamRequest(new VBucketId(2), StreamOffset.Beginning, Seqno.Max);
            var node = Group.ConnectionBoard.Entries.Single().Key;
            var progress = new VBucketProgress(new VBucketId(2), new OwnershipEpoch(1), StreamOffset.Beginning, TimeProvider.System);
            Group.Connections.Tell(new ConnectionProtocol.RequestStream(node, request, i, progress), asker);
            // half of them when the answer is there already, half before
            if (i % 2 == 0)
                await asker.ExpectMsgAsync<ConnectionProtocol.StreamAnswered>(Deadline);
            Group.Connections.Tell(new ConnectionProtocol.ForgetRequest(node, new VBucketId(2), i), asker);
            await Until(() => OpenStreams == 1);
        }
    }

    [Fact]
    public async Task A_rollback_is_told_and_saved_before_anything_is_delivered_again()
    {
        Start();
        Write(10);
        await UntilHandled(10);
        var savedBefore = default(ulong?);
        Handling = _ =>
        {
            savedBefore ??= Store.Row(VBucket)!.Offset.Seqno.Value;
            return ValueTask.CompletedTask;
        };

        Producer.LoseNewest(VBucket, 4);
        Write(6);

        await UntilHandled(12);
        var rollback = Assert.Single(RolledBack);
        Assert.Equal(new Seqno(10), rollback.From);
        Assert.True(rollback.To <= new Seqno(6));
        Assert.Equal(rollback.To.Value, savedBefore);
        Assert.Equal(Enumerable.Range((int)rollback.To.Value + 1, 12 - (int)rollback.To.Value).Select(seqno => (ulong)seqno), Seqnos.Skip(10));
    }

    [Fact]
    public async Task A_second_answer_of_the_handler_to_one_rollback_does_no_harm()
    {
        var vbucket = Start();
        Write(10);
        await UntilHandled(10);
        Watch(vbucket);
        Producer.LoseNewest(VBucket, 4);
        await Until(() => !RolledBack.IsEmpty);

        vbucket.Tell(new HandlerProtocol.RollbackHandled(RolledBack.First()));
        vbucket.Tell(new HandlerProtocol.RollbackFailed(RolledBack.First(), new InvalidOperationException("late")));
        Write(2);

        await UntilHandled(8);
        Assert.Equal(new OwnershipEpoch(1), Row!.Epoch);
    }

    [Fact]
    public async Task Lag_counts_what_was_polled()
    {
        var inWork = new TaskCompletionSource();
        Handling = _ => new ValueTask(inWork.Task);
        Start();
        await UntilPhase(VBucketPhase.Streaming);
        Producer.StallDelivery();
        Write(5);

        await Until(() => Row!.Progress!.Progress.Sample().Lag == 5);
        inWork.SetResult();
        Producer.ResumeDelivery();
        await Until(() => Row!.Progress!.Progress.Sample().Lag == 0);
    }
}
