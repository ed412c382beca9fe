using ActorDcp.VBuckets.State;

namespace ActorDcp.Tests.VBuckets.State;

public sealed class VBucketHistoryTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly VBucketUuid A = new(0xa);
    private static readonly VBucketUuid B = new(0xb);

    [Fact]
    public void Facts_of_a_lower_epoch_change_nothing()
    {
        var history = VBucketHistory.Empty.Apply(Taken(5));

        Assert.Same(history, history.Apply(new VBucketFact.Paused(new OwnershipEpoch(4), At, "stale")));
        Assert.True(history.Apply(new VBucketFact.Paused(new OwnershipEpoch(5), At, "mine")).IsPaused);
    }

    [Fact]
    public void The_last_hundred_facts_are_kept()
    {
        var history = VBucketHistory.Empty;
        for (var epoch = 1; epoch <= 250; epoch++)
            history = history.Apply(Taken(epoch));

        Assert.Equal(VBucketHistory.MaxFacts, history.Facts.Length);
        Assert.Equal(Enumerable.Range(151, 100).Select(i => (long)i), history.Facts.Select(fact => fact.Epoch.Value));
    }

    [Fact]
    public void A_rollback_is_pending_until_the_handler_acknowledged_it_and_outlives_its_owner()
    {
        var history = VBucketHistory.Empty.Apply(Opened(1, (B, 200), (A, 0))).Apply(Back(1, 300, 180)).Apply(Taken(2));

        Assert.Equal(new Seqno(180), history.PendingRollback?.To);
        Assert.Equal(new FailoverLog([new FailoverLogEntry(A, Seqno.Zero)]), history.Log);
        Assert.Null(history.Apply(Acknowledged(2, 180)).PendingRollback);
    }

    [Fact]
    public void A_further_rollback_covers_the_one_before_and_is_not_acknowledged_by_its_answer()
    {
        var history = VBucketHistory.Empty
            .Apply(Back(1, 300, 180)).Apply(Back(1, 180, 0, RollbackReason.Purge)).Apply(Acknowledged(1, 180));

        Assert.Equal((new Seqno(300), Seqno.Zero, RollbackReason.Purge),
            (history.PendingRollback!.From, history.PendingRollback.To, history.PendingRollback.Reason));
    }

    [Fact]
    public void A_pause_outlives_its_owner_until_it_is_resumed()
    {
        var history = VBucketHistory.Empty.Apply(new VBucketFact.Paused(new OwnershipEpoch(1), At, "by hand")).Apply(Taken(2));

        Assert.Equal("by hand", history.PausedReason);
        Assert.False(history.Apply(new VBucketFact.Resumed(new OwnershipEpoch(2), At)).IsPaused);
    }

    [Fact]
    public void A_collection_that_is_left_out_keeps_the_place_where_it_was_left_until_it_is_read_again()
    {
        var history = VBucketHistory.Empty.Apply(LeftOut(40, 9)).Apply(LeftOut(60, 8, 9));

        Assert.True(history.MustBeKnown);
        Assert.Equal([(8u, 60UL), (9u, 40UL)], history.LeftOut.Select(each => (each.Id, each.From.Seqno.Value)));
        Assert.Equal([(8u, 60UL)], history.Apply(LeftOut(70, 8)).LeftOut.Select(each => (each.Id, each.From.Seqno.Value)));
        Assert.False(history.Apply(LeftOut(70)).MustBeKnown);
    }

    [Fact]
    public void Who_goes_back_has_read_no_further_and_who_goes_on_wants_no_more()
    {
        var history = VBucketHistory.Empty.Apply(LeftOut(40, 9)).Apply(LeftOut(60, 8, 9));

        Assert.Equal([50UL, 40UL], history.Apply(Back(1, 90, 50)).LeftOut.Select(each => each.From.Seqno.Value));
        Assert.Equal(
            [200UL, 200UL],
            history.Apply(new VBucketFact.StartPinned(new OwnershipEpoch(1), At, StreamOffset.Boundary(A, new Seqno(200)))).LeftOut.Select(each => each.From.Seqno.Value));
    }

    private static VBucketFact.CollectionsLeftOut LeftOut(ulong from, params uint[] ids) => new(new OwnershipEpoch(1), At, [.. ids], StreamOffset.Boundary(A, new Seqno(from)));

    private static VBucketFact.OwnershipTaken Taken(long epoch) => new(new OwnershipEpoch(epoch), At, "m");

    private static VBucketFact.StreamOpened Opened(long epoch, params (VBucketUuid Uuid, ulong Seqno)[] log) => new(
        new OwnershipEpoch(epoch), At, new FailoverLog(log.Select(entry => new FailoverLogEntry(entry.Uuid, new Seqno(entry.Seqno)))),
        StreamOffset.Beginning);

    private static VBucketFact.RolledBack Back(long epoch, ulong from, ulong to, RollbackReason reason = RollbackReason.Branch) =>
        new(new OwnershipEpoch(epoch), At, new Seqno(from), new Seqno(to), reason, to == 0 ? VBucketUuid.None : A);

    private static VBucketFact.RollbackAcknowledged Acknowledged(long epoch, ulong to) =>
        new(new OwnershipEpoch(epoch), At, new Seqno(to));
}
