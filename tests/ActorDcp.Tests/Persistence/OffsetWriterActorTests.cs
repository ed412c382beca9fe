using ActorDcp.Persistence;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;
using static ActorDcp.Persistence.OffsetWriterProtocol;

namespace ActorDcp.Tests.Persistence;

public sealed class OffsetWriterActorTests(ITestOutputHelper output) : TestKit("akka.loglevel = ERROR", output: output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly VBucketId One = new(1);
    private static readonly VBucketId Two = new(2);

    private readonly FakeOffsetStore _store = new();
    private readonly RecordedHold _hold = new();
    private readonly TestMeterFactory _meters = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Take_overs_that_come_together_share_one_call()
    {
        var writer = Writer();
        var owners = Enumerable.Range(0, 100).Select(_ => CreateTestProbe()).ToArray();

        for (var i = 0; i < owners.Length; i++)
            writer.Tell(new TakeOver(VBucketId.From(i)), owners[i]);

        for (var i = 0; i < owners.Length; i++)
            Assert.Equal(VBucketId.From(i), (await owners[i].ExpectMsgAsync<OwnershipTaken>(Deadline)).Owned.VBucket);
        Assert.InRange(_store.TakeOvers.Count, 1, 3);
    }

    [Fact]
    public async Task A_tick_saves_all_that_moved_in_one_statement_and_nothing_else()
    {
        var writer = Writer(TimeSpan.FromMilliseconds(50));
        var (first, firstSource) = await RegisterAsync(writer, One);
        var (second, _) = await RegisterAsync(writer, Two);
        await first.ExpectMsgAsync<CheckpointSaved>(Deadline);
        await second.ExpectMsgAsync<CheckpointSaved>(Deadline);
        var before = _store.Saves.Count;

        firstSource.Offset = At(7);

        Assert.Equal(At(7), (await first.ExpectMsgAsync<CheckpointSaved>(Deadline)).Offset);
        Assert.Equal([One], Assert.Single(_store.Saves.Skip(before)).Select(update => update.VBucket));
    }

    [Fact]
    public async Task A_row_is_written_now_and_then_although_nothing_moves_and_checkpoints_are_rare()
    {
        var writer = Writer(TimeSpan.FromHours(1), pulse: TimeSpan.FromMilliseconds(20));
        var (owner, _) = await RegisterAsync(writer, One);

        for (var i = 0; i < 3; i++)
            Assert.Equal(StreamOffset.Beginning, (await owner.ExpectMsgAsync<CheckpointSaved>(Deadline)).Offset);
        Assert.All(_store.Saves, save => Assert.Equal([One], save.Select(update => update.VBucket)));
    }

    [Fact]
    public async Task Save_now_is_answered_once_when_it_is_durable()
    {
        var writer = Writer();
        var (owner, source) = await RegisterAsync(writer, One);
        var gate = new TaskCompletionSource();
        _store.Open = gate.Task;
        source.Offset = At(9);

        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);
        await AwaitConditionAsync(() => Task.FromResult(_store.Saves.Count == 1), Deadline);
        await owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        gate.SetResult();

        Assert.Equal(At(9), (await owner.ExpectMsgAsync<CheckpointSaved>(Deadline)).Offset);
        await owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_fenced_owner_is_told_once_and_never_saved_again()
    {
        var writer = Writer();
        var (owner, source) = await RegisterAsync(writer, One);
        _store.TakeAway(One);
        source.Offset = At(3);

        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);
        Assert.Equal(One, (await owner.ExpectMsgAsync<Fenced>(Deadline)).VBucket);
        await owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);
        await owner.ExpectMsgAsync<Fenced>(Deadline);

        Assert.Single(_store.Saves);
        Assert.Equal(StreamOffset.Beginning, _store.Row(One)!.Offset);
    }

    [Fact]
    public async Task What_waits_for_a_save_is_told_when_a_revalidation_fences_its_vbucket()
    {
        var writer = Writer();
        var (owner, _) = await RegisterAsync(writer, One);
        var (asker, keeper) = (CreateTestProbe(), CreateTestProbe());
        _store.TakeAway(One);
        var gate = new TaskCompletionSource();
        _store.Open = gate.Task;

        writer.Tell(new Revalidate(1), keeper);
        await AwaitConditionAsync(() => Task.FromResult(_store.Reads == 1), Deadline);
        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), asker);
        gate.SetResult();

        await owner.ExpectMsgAsync<Fenced>(Deadline);
        await asker.ExpectMsgAsync<Fenced>(Deadline);
        await keeper.ExpectMsgAsync<Revalidated>(Deadline);
        Assert.Empty(_store.Saves);
    }

    [Fact]
    public async Task A_vbucket_whose_handler_still_starts_is_fenced_by_a_revalidation()
    {
        var writer = Writer();
        var (owner, keeper) = (CreateTestProbe(), CreateTestProbe());
        writer.Tell(new TakeOver(One), owner);
        var taken = await owner.ExpectMsgAsync<OwnershipTaken>(Deadline);
        _store.TakeAway(One);

        writer.Tell(new Revalidate(1), keeper);

        Assert.Equal(taken.Owned.Epoch, (await owner.ExpectMsgAsync<Fenced>(Deadline)).Epoch);
        Assert.Equal(1, (await keeper.ExpectMsgAsync<Revalidated>(Deadline)).Lost);
        writer.Tell(new Revalidate(2), keeper);
        Assert.Equal(0, (await keeper.ExpectMsgAsync<Revalidated>(Deadline)).Lost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vbucket_that_ended_before_it_heard_that_it_is_the_owner_fences_nobody(bool whileTakingOver)
    {
        var writer = Writer();
        var (owner, keeper) = (CreateTestProbe(), CreateTestProbe());
        var gate = new TaskCompletionSource();
        if (whileTakingOver)
            _store.Open = gate.Task;
        writer.Tell(new TakeOver(One), owner);
        if (whileTakingOver)
            await AwaitConditionAsync(() => Task.FromResult(_store.TakeOvers.Count == 1), Deadline);
        else
            await owner.ExpectMsgAsync<OwnershipTaken>(Deadline);
        writer.Tell(new WithdrawTakeOver(One), owner);
        gate.SetResult();
        if (whileTakingOver)
            await owner.ExpectMsgAsync<OwnershipTaken>(Deadline);
        _store.TakeAway(One);

        writer.Tell(new Revalidate(1), keeper);

        Assert.Equal(0, (await keeper.ExpectMsgAsync<Revalidated>(Deadline)).Lost);
        await owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_save_that_fails_is_made_again_and_answered_then()
    {
        var writer = Writer();
        var (owner, source) = await RegisterAsync(writer, One);
        _store.IsAway = true;
        source.Offset = At(4);

        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);
        await AwaitConditionAsync(() => Task.FromResult(_store.Failures >= 2), Deadline);
        await owner.ExpectNoMsgAsync(TimeSpan.Zero);
        _store.IsAway = false;

        Assert.Equal(At(4), (await owner.ExpectMsgAsync<CheckpointSaved>(Deadline)).Offset);
    }

    [Fact]
    public async Task Delivery_holds_once_nothing_could_be_saved_for_too_long_and_goes_on_when_it_can()
    {
        var writer = Writer();
        var (owner, source) = await RegisterAsync(writer, One);
        _store.IsAway = true;
        source.Offset = At(4);
        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);
        await AwaitConditionAsync(() => Task.FromResult(_store.Failures >= 1), Deadline);
        Assert.False(_hold.IsEngaged);

        _time.Advance(TimeSpan.FromSeconds(61));
        await AwaitConditionAsync(() => Task.FromResult(_hold.IsEngaged), Deadline);
        _store.IsAway = false;

        await owner.ExpectMsgAsync<CheckpointSaved>(Deadline);
        await AwaitConditionAsync(() => Task.FromResult(!_hold.IsEngaged), Deadline);
    }

    [Fact]
    public async Task A_take_over_that_is_withdrawn_while_the_database_is_away_is_never_made()
    {
        var writer = Writer();
        var gate = new TaskCompletionSource();
        (_store.Open, _store.IsAway) = (gate.Task, true);
        var owner = CreateTestProbe();
        writer.Tell(new TakeOver(One), owner);
        await AwaitConditionAsync(() => Task.FromResult(_store.TakeOvers.Count == 1), Deadline);

        writer.Tell(new WithdrawTakeOver(One), owner);
        await owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        gate.SetResult();
        await owner.ExpectMsgAsync<TakeOverWithdrawn>(Deadline);
        _store.IsAway = false;

        // whoever comes next is served by a call that names only itself
        writer.Tell(new TakeOver(Two), owner);
        Assert.Equal(Two, (await owner.ExpectMsgAsync<OwnershipTaken>(Deadline)).Owned.VBucket);
        Assert.Null(_store.Row(One));
    }

    [Fact]
    public async Task Take_overs_that_fail_do_not_keep_positions_from_being_saved()
    {
        var writer = Writer();
        var (owner, source) = await RegisterAsync(writer, One);
        _store.IsAway = true;
        writer.Tell(new TakeOver(Two), CreateTestProbe());
        await AwaitConditionAsync(() => Task.FromResult(_store.Failures >= 1), Deadline);
        source.Offset = At(6);

        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);

        await AwaitConditionAsync(() => Task.FromResult(_store.Saves.Count >= 1), Deadline);
        Assert.Contains(_store.Saves[0], update => update.Offset == At(6));
    }

    [Fact]
    public async Task A_revalidation_reads_no_earlier_than_it_was_asked_for()
    {
        var writer = Writer();
        var gate = new TaskCompletionSource();
        _store.Open = gate.Task;
        var keeper = CreateTestProbe();
        writer.Tell(new Revalidate(1), keeper);
        await AwaitConditionAsync(() => Task.FromResult(_store.Reads == 1), Deadline);

        writer.Tell(new Revalidate(2), keeper);
        gate.SetResult();

        Assert.Equal(1, (await keeper.ExpectMsgAsync<Revalidated>(Deadline)).Begun);
        Assert.Equal(2, (await keeper.ExpectMsgAsync<Revalidated>(Deadline)).Begun);
        Assert.Equal(2, _store.Reads);
    }

    [Fact]
    public async Task A_forgotten_epoch_does_not_take_its_successor_with_it()
    {
        var writer = Writer();
        var (_, _) = await RegisterAsync(writer, One);
        var (owner, _) = await RegisterAsync(writer, One);

        writer.Tell(new Unregister(One, new OwnershipEpoch(1)));
        writer.Tell(new SaveNow(One, new OwnershipEpoch(2)), owner);

        Assert.Equal(new OwnershipEpoch(2), (await owner.ExpectMsgAsync<CheckpointSaved>(Deadline)).Epoch);
    }

    [Fact]
    public async Task A_writer_that_had_to_start_anew_stops_the_owners_it_forgot()
    {
        var writer = Writer();
        var (owner, source) = await RegisterAsync(writer, One);
        source.Fails = true;

        writer.Tell(new SaveNow(One, new OwnershipEpoch(1)), owner);

        await owner.ExpectMsgAsync<Fenced>(Deadline);
        writer.Tell(new TakeOver(One), owner);
        Assert.Equal(new OwnershipEpoch(2), (await owner.ExpectMsgAsync<OwnershipTaken>(Deadline)).Owned.Epoch);
    }

    [Fact]
    public async Task Take_overs_wait_while_the_member_may_have_been_taken_for_dead()
    {
        var may = false;
        var writer = Writer(mayTakeOver: () => Volatile.Read(ref may));
        var owner = CreateTestProbe();
        writer.Tell(new TakeOver(new VBucketId(4)), owner);
        await owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(200));

        Volatile.Write(ref may, true);
        writer.Tell(Proceed.Instance);

        await owner.ExpectMsgAsync<OwnershipTaken>(Deadline);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _meters.Dispose();
    }

    private static StreamOffset At(ulong seqno) => StreamOffset.Boundary(new VBucketUuid(5), new Seqno(seqno));

    private IActorRef Writer(TimeSpan? interval = null, Func<bool>? mayTakeOver = null, TimeSpan? pulse = null)
    {
        var settings = new OffsetWriterSettings(
            new GroupKey("audit", "5d0c"), "member", interval ?? TimeSpan.FromHours(1), TimeSpan.FromSeconds(60), _hold)
        {
            MayTakeOver = mayTakeOver ?? (() => true),
            Pulse = pulse ?? TimeSpan.FromHours(1),
        };
        var metrics = new ActorDcpMetrics(_meters);
        return Sys.ActorOf(Props.Create(() => new OffsetWriterActor(_store, settings, metrics, _time)));
    }

    private async Task<(TestProbe Owner, Source Source)> RegisterAsync(IActorRef writer, VBucketId vbucket)
    {
        var (owner, source) = (CreateTestProbe(), new Source());
        writer.Tell(new TakeOver(vbucket), owner);
        var taken = await owner.ExpectMsgAsync<OwnershipTaken>(Deadline);
        writer.Tell(new Register(vbucket, taken.Owned.Epoch, source), owner);
        return (owner, source);
    }

    private sealed class Source : ICheckpointSource
    {
        public StreamOffset Offset { get; set; } = StreamOffset.Beginning;

        public bool Fails { get; set; }

        public long Mark { get; set; }

        public (StreamOffset Offset, RetainedBoundaries Boundaries, long Mark) Sample() =>
            Fails ? throw new InvalidOperationException("a fault") : (Offset, RetainedBoundaries.None, Mark);
    }

    private sealed class RecordedHold : IDeliveryHold
    {
        public volatile bool IsEngaged;

        public void Engage() => IsEngaged = true;

        public void Release() => IsEngaged = false;
    }
}
