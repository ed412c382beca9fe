using ActorDcp.Dispatching;
using ActorDcp.Handlers;
using ActorDcp.Streams;
using ActorDcp.Tests.Streams;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Handlers;

public sealed class DcpHandlerActorTests(ITestOutputHelper output) : StreamTestBase(output)
{
    [Fact]
    public async Task After_an_await_the_handler_is_still_its_actor_on_its_own_threads()
    {
        var thread = new TaskCompletionSource<(string? Name, IActorRef Self)>();
        var handler = Sys.ActorOf(DcpHandlerProps.From(_ => Props.Create(() => new Awaiting(thread))).For(Sys, Assignment));
        Run(handler);
        Stream.Offer(1);
        await UntilHandled(1);

        var (name, self) = await thread.Task.WaitAsync(Deadline);
        Assert.Equal(handler, self);
        Assert.Contains(HandlerDispatcher.Id, name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_else_is_handled_while_a_batch_is_awaited()
    {
        var release = new TaskCompletionSource();
        var handler = Sys.ActorOf(Props.Create(() => new Telling(TestActor, release.Task)).WithDispatcher(HandlerDispatcher.Id));
        Run(handler);
        Stream.Offer(1);
        Assert.Equal("begun", await ExpectMsgAsync<string>(Deadline));
        handler.Tell("mine");
        handler.Tell(new HandlerProtocol.HandleRollback(Rollback, default), TestActor);

        release.SetResult();

        Assert.Equal("handled", await ExpectMsgAsync<string>(Deadline));
        Assert.Equal("heard mine", await ExpectMsgAsync<string>(Deadline));
        Assert.Equal(new HandlerProtocol.RollbackHandled(Rollback), await ExpectMsgAsync<HandlerProtocol.RollbackHandled>(Deadline));
    }

    [Fact]
    public async Task A_rollback_that_fails_is_not_acknowledged_and_can_be_asked_for_again()
    {
        var handler = Sys.ActorOf(DcpHandlerProps.FromHandler(_ => new Refusing()).For(Sys, Assignment));

        handler.Tell(new HandlerProtocol.HandleRollback(Rollback, default), TestActor);
        var failed = await ExpectMsgAsync<HandlerProtocol.RollbackFailed>(Deadline);
        handler.Tell(new HandlerProtocol.HandleRollback(Rollback, default), TestActor);
        var handled = await ExpectMsgAsync<HandlerProtocol.RollbackHandled>(Deadline);

        Assert.Equal("not yet", failed.Cause.Message);
        Assert.Equal(Rollback, handled.Rollback);
    }

    [Fact]
    public async Task The_position_a_handler_keeps_is_told()
    {
        var handler = Sys.ActorOf(DcpHandlerProps.FromHandler(_ => new Refusing()).For(Sys, Assignment));

        handler.Tell(new HandlerProtocol.LoadOffset(VBucket, Epoch, default), TestActor);

        var loaded = await ExpectMsgAsync<HandlerProtocol.OffsetLoaded>(Deadline);
        Assert.Equal(StreamOffset.Boundary(FakeBatchSource.Uuid, new Seqno((ulong)Epoch.Value)), loaded.Offset);
    }

    [Fact]
    public async Task A_handler_that_is_restarted_with_a_batch_gets_it_again_and_its_memory_is_not_used_again()
    {
        var attempts = new HandlerJournal();
        var never = new TaskCompletionSource();
        var parent = Sys.ActorOf(Props.Create(() => new RestartingParent(
            Props.Create(() => new ScriptedHandler(attempts, (call, _, _) => call == 1 ? new ValueTask(never.Task) : ValueTask.CompletedTask)))));
        var handler = await parent.Ask<IActorRef>("child", Deadline);
        Run(handler);
        Stream.Offer(1, 2);
        await Until(() => attempts.Calls.Count == 1);

        parent.Tell("restart");
        await UntilHandled(2);

        Assert.Equal([[1, 2], [1, 2]], attempts.Calls);
        await Until(() => Stream.Leases[0].Abandoned == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public void Props_of_something_else_are_refused()
    {
        Assert.Throws<InvalidOperationException>(
            () => DcpHandlerProps.From(_ => Props.Create(() => new RestartingParent(Props.Empty))).For(Sys, Assignment));
    }

    [Fact]
    public async Task The_count_handler_counts_events_and_bytes()
    {
        var count = new HandlerCounts();
        var handler = Sys.ActorOf(DcpHandlerProps.FromHandler(_ => new CountHandler(count)).For(Sys, Assignment));
        Run(handler);
        for (ulong seqno = 1; seqno <= 10; seqno++)
        {
            Stream.Offer(seqno);
            await UntilHandled(seqno);
        }

        Assert.Equal(10, count.Events);
        Assert.Equal(10 * TestBatches.WireBytesAnEvent, count.Bytes);
    }

    private static HandlerAssignment Assignment { get; } = new(VBucket, "group", "member");

    private static RolledBack Rollback { get; } =
        new(VBucket, Epoch, new Seqno(9), new Seqno(4), RollbackReason.Branch, FakeBatchSource.Uuid);

    private sealed class Awaiting(TaskCompletionSource<(string? Name, IActorRef Self)> seen) : DcpHandlerActor
    {
        protected override async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            await Task.Run(() => { }, stopping);
            await Task.Yield();
            seen.SetResult((Thread.CurrentThread.Name, Context.Self));
        }
    }

    private sealed class Telling(IActorRef probe, Task release) : DcpHandlerActor
    {
        protected override async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            probe.Tell("begun");
            await release;
            probe.Tell("handled");
        }

        protected override void OnOther(object message) => probe.Tell($"heard {message}");
    }

    private sealed class Refusing : IDcpHandler
    {
        private int _rollbacks;

        public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping) => ValueTask.CompletedTask;

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) =>
            ++_rollbacks == 1 ? throw new InvalidOperationException("not yet") : ValueTask.CompletedTask;

        public ValueTask<StreamOffset?> LoadOffsetAsync(VBucketId vbucket, OwnershipEpoch epoch, CancellationToken stopping) =>
            new(StreamOffset.Boundary(FakeBatchSource.Uuid, new Seqno((ulong)epoch.Value)));
    }

    private sealed class RestartingParent(Props child) : UntypedActor
    {
        private IActorRef? _child;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "child":
                    _child = Context.ActorOf(child.WithDispatcher(HandlerDispatcher.Id));
                    Sender.Tell(_child);
                    break;
                case "restart":
                    // what a strategy for all children does to one that has done nothing wrong
                    ((IInternalActorRef)_child!).Restart(new InvalidOperationException("a sibling failed"));
                    break;
            }
        }
    }
}
