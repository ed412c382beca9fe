using ActorDcp.Persistence;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Tests.VBuckets.State;

public sealed class RollbackPlanTests
{
    private static readonly VBucketUuid A = new(0xa);
    private static readonly VBucketUuid B = new(0xb);
    private static readonly VBucketUuid C = new(0xc);
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    // dcp-reference.md 4.3 and 4.4
    private static readonly FailoverLog ProducerLog = Log((C, 500), (B, 200), (A, 0));

    [Fact]
    public void A_consumer_told_200_inside_a_deduplicated_snapshot_resumes_at_its_boundary_180()
    {
        // k@190 was deduplicated into k@210 of [180,220], which died with the branch: resumed at 200 it would never come
        var sent = StreamOffset.Boundary(A, new Seqno(220));

        var plan = Decide(sent, 200, Log((A, 0)), Boundaries((A, 120), (A, 180), (A, 220)));

        Assert.Equal(StreamOffset.Boundary(A, new Seqno(180)), plan.Resume);
        Assert.Equal(RollbackReason.Branch, plan.Reason);
        Assert.Equal(new Seqno(220), plan.From);
        Assert.Equal(Boundaries((A, 120), (A, 180)), plan.Boundaries);
    }

    [Fact]
    public void Without_a_boundary_at_or_below_the_answer_it_begins_anew()
    {
        var plan = Decide(StreamOffset.Boundary(A, new Seqno(220)), 200, Log((A, 0)), Boundaries((A, 220)));

        Assert.Equal(StreamOffset.Beginning, plan.Resume);
        Assert.True(plan.Log.IsEmpty);
        Assert.Equal(RetainedBoundaries.None, plan.Boundaries);
    }

    [Fact]
    public void The_branch_named_is_the_newest_that_began_at_or_below_the_boundary()
    {
        // the boundaries were read while B was the newest, yet 150 belongs to A just as well, and A is known longer
        var known = Log((B, 200), (A, 0));
        var boundaries = Boundaries((B, 150), (B, 200), (B, 300));

        Assert.Equal(StreamOffset.Boundary(A, new Seqno(150)), Decide(Whole(B, 300), 199, known, boundaries).Resume);
        Assert.Equal(StreamOffset.Boundary(B, new Seqno(200)), Decide(Whole(B, 300), 299, known, boundaries).Resume);
        Assert.Equal(Log((A, 0)), Decide(Whole(B, 300), 199, known, boundaries).Log);
    }

    [Fact]
    public void Without_a_known_log_the_fresh_one_names_the_branch_and_else_the_boundary_itself()
    {
        var boundaries = Boundaries((A, 180));
        var question = new RollbackQuestion(
            Whole(A, 220), new Seqno(200), new Seqno(220), FailoverLog.Empty, boundaries, Log((B, 200), (A, 0)));

        Assert.Equal(A, RollbackPlan.Decide(question).Resume.Uuid);
        Assert.Equal(A, RollbackPlan.Decide(question with { Fresh = null }).Resume.Uuid);
    }

    [Fact]
    public void Each_plan_lies_below_what_was_sent_even_if_the_answer_does_not()
    {
        var plan = Decide(Whole(A, 180), 180, Log((A, 0)), Boundaries((A, 120), (A, 180)));

        Assert.Equal(new Seqno(120), plan.Resume.Seqno);
        Assert.Equal(StreamOffset.Beginning, Decide(StreamOffset.Beginning, 7, Log((A, 0)), Boundaries((A, 5))).Resume);
    }

    [Fact]
    public void The_manifest_stays_with_the_position()
    {
        var plan = Decide(StreamOffset.Boundary(A, new Seqno(220), 9), 200, Log((A, 0)), Boundaries((A, 180)));

        Assert.Equal(9UL, plan.Resume.ManifestUid);
    }

    public static TheoryData<string, StreamOffset, ulong, ulong, RollbackReason> Reasons => new()
    {
        { "beyond high, complete", Whole(C, 1010), 1000, 1000, RollbackReason.SeqnoFromFuture },
        { "mid-snapshot reaching past high", Within(C, 995, 990, 1010), 990, 1000, RollbackReason.SeqnoFromFuture },
        { "straddles the branch's end", Within(A, 190, 180, 220), 180, 1000, RollbackReason.Branch },
        { "complete past the branch's end", Whole(A, 220), 200, 1000, RollbackReason.Branch },
        { "middle branch", Within(B, 480, 450, 520), 450, 1000, RollbackReason.Branch },
        { "first snapshot from 0 cut by a branch", Within(A, 190, 0, 220), 0, 1000, RollbackReason.Branch },
        { "unknown", Whole(new VBucketUuid(0xf), 300), 0, 1000, RollbackReason.UnknownUuid },
        { "behind purge", Whole(C, 300), 0, 1000, RollbackReason.Purge },
        { "behind purge on an old branch", Whole(A, 150), 0, 1000, RollbackReason.Purge },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_reason_follows_from_the_fresh_log(string name, StreamOffset sent, ulong to, ulong high, RollbackReason expected)
    {
        var question = new RollbackQuestion(
            sent, new Seqno(to), sent.Seqno, ProducerLog, RetainedBoundaries.None, ProducerLog, new Seqno(high));

        Assert.True(expected == RollbackPlan.Decide(question).Reason, name);
    }

    [Fact]
    public void An_operator_goes_back_to_a_boundary_too()
    {
        var boundaries = Boundaries((A, 120), (A, 180), (A, 220));

        var plan = RollbackPlan.Rewind(new Seqno(200), Whole(A, 220), Log((A, 0)), boundaries);
        var all = RollbackPlan.Rewind(Seqno.Zero, Whole(A, 220), Log((A, 0)), boundaries);

        Assert.Equal(new Seqno(180), plan.Resume.Seqno);
        Assert.Equal(RollbackReason.UserRewind, plan.Reason);
        Assert.Equal(StreamOffset.Beginning, all.Resume);
    }

    [Fact]
    public void A_branch_that_began_while_nobody_looked_is_told_though_the_position_was_accepted()
    {
        var from = Whole(A, 100);

        var plan = RollbackPlan.ForLostBranch(from, Log((A, 0)), Log((B, 120), (A, 0)), Boundaries((A, 100)));

        Assert.NotNull(plan);
        Assert.Equal(from, plan.Resume);
        Assert.Equal(RollbackReason.Branch, plan.Reason);
        Assert.Null(RollbackPlan.ForLostBranch(from, Log((A, 0)), Log((A, 0)), RetainedBoundaries.None));
        Assert.Null(RollbackPlan.ForLostBranch(StreamOffset.Beginning, FailoverLog.Empty, Log((A, 0)), RetainedBoundaries.None));
        Assert.NotNull(RollbackPlan.ForLostBranch(StreamOffset.Beginning, Log((A, 0)), Log((B, 0), (A, 0)), RetainedBoundaries.None));
    }

    [Fact]
    public void Notice_and_fact_say_the_same()
    {
        var plan = Decide(Whole(A, 220), 200, Log((A, 0)), Boundaries((A, 180)));

        Assert.Equal(
            new RolledBack(new VBucketId(3), new OwnershipEpoch(2), new Seqno(220), new Seqno(180), RollbackReason.Branch, A),
            plan.Notice(new VBucketId(3), new OwnershipEpoch(2)));
        Assert.Equal(
            new VBucketFact.RolledBack(new OwnershipEpoch(2), Start, new Seqno(220), new Seqno(180), RollbackReason.Branch, A),
            plan.Fact(new OwnershipEpoch(2), Start));
    }

    private static RollbackPlan Decide(StreamOffset sent, ulong to, FailoverLog known, RetainedBoundaries boundaries) =>
        RollbackPlan.Decide(new RollbackQuestion(sent, new Seqno(to), sent.Seqno, known, boundaries, ProducerLog));

    private static StreamOffset Whole(VBucketUuid uuid, ulong seqno) => StreamOffset.Boundary(uuid, new Seqno(seqno));

    private static StreamOffset Within(VBucketUuid uuid, ulong seqno, ulong start, ulong end) =>
        new(uuid, new Seqno(seqno), new StreamSnapshot(new Seqno(start), new Seqno(end)));

    private static FailoverLog Log(params (VBucketUuid Uuid, ulong Seqno)[] entries) =>
        new(entries.Select(entry => new FailoverLogEntry(entry.Uuid, new Seqno(entry.Seqno))));

    private static RetainedBoundaries Boundaries(params (VBucketUuid Uuid, ulong Seqno)[] boundaries) =>
        RetainedBoundaries.From(boundaries.Select(
            (boundary, i) => new RetainedBoundary(boundary.Uuid, new Seqno(boundary.Seqno), Start.AddSeconds(10 * i))));
}
