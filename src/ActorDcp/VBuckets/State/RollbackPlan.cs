using ActorDcp.Persistence;

namespace ActorDcp.VBuckets.State;

/// <summary>Where a vbucket resumes after it must go back, and why (dcp-reference.md 4.4).</summary>
/// <param name="From">Seqno up to which the handler had been done.</param>
/// <param name="Resume">Position to ask for next: a boundary, or the beginning.</param>
/// <param name="Reason">Why.</param>
/// <param name="Log">What remains of the log that vouches for our data.</param>
/// <param name="Boundaries">What remains of the boundaries.</param>
internal sealed record RollbackPlan(
    Seqno From, StreamOffset Resume, RollbackReason Reason, FailoverLog Log, RetainedBoundaries Boundaries)
{
    /// <summary>
    /// Goes to the newest boundary at or below the producer's seqno, not to that seqno itself: within a snapshot versions may be
    /// missing that were deduplicated into later ones, which the branch may have lost. Each plan resumes below what was sent, so
    /// that asking again comes to an end, at the latest with seqno 0, which is always accepted.
    /// </summary>
    public static RollbackPlan Decide(RollbackQuestion question)
    {
        var below = question.Sent.Seqno == Seqno.Zero ? Seqno.Zero : new Seqno(question.Sent.Seqno.Value - 1);
        var limit = Seqno.Smaller(question.To, below);
        return To(
            limit, question.Handled, question.Sent.ManifestUid, question.Accepted, question.Boundaries, question.Fresh,
            ReasonOf(question));
    }

    /// <summary>Goes back because an operator asked for it: to the newest boundary at or below a seqno.</summary>
    public static RollbackPlan Rewind(Seqno to, StreamOffset current, FailoverLog accepted, RetainedBoundaries boundaries) =>
        to >= current.Seqno && current.IsBoundary
            ? new RollbackPlan(current.Seqno, current, RollbackReason.UserRewind, accepted, boundaries)
            : To(to, current.Seqno, current.ManifestUid, accepted, boundaries, null, RollbackReason.UserRewind);

    /// <summary>Goes back to the very position up to which a collection was read that was left out since.</summary>
    public static RollbackPlan ForReturned(StreamOffset lastRead, Seqno handled, FailoverLog accepted, RetainedBoundaries boundaries) => new(
        handled, lastRead, RollbackReason.CollectionReturned, accepted.TruncatedTo(lastRead.Seqno), boundaries.TruncatedTo(lastRead.Seqno));

    /// <summary>
    /// Whether a position that was accepted may still hide a rollback. What a crashed owner handled above its last checkpoint may
    /// have died with its branch, and the producer, asked from below, has no way to know. So where the newest branch is no longer
    /// the one we knew, the handler is told to go back to the position; when nothing was above it that undoes nothing. To be asked
    /// at every opening from a crash on, until the handler was told once: it is not known how far above the checkpoint it had come.
    /// </summary>
    /// <param name="from">Position that was accepted.</param>
    /// <param name="known">Log known before, empty when none.</param>
    /// <param name="accepted">Log of the answer.</param>
    /// <param name="boundaries">Boundaries up to the position.</param>
    public static RollbackPlan? ForLostBranch(
        StreamOffset from, FailoverLog known, FailoverLog accepted, RetainedBoundaries boundaries)
    {
        var branch = known.IsEmpty ? from.Uuid : known.NewestUuid;
        return branch.IsNone || branch == accepted.NewestUuid
            ? null
            : new RollbackPlan(from.Seqno, from, RollbackReason.Branch, accepted, boundaries);
    }

    /// <summary>What the handler is told.</summary>
    public RolledBack Notice(VBucketId vbucket, OwnershipEpoch epoch) =>
        new(vbucket, epoch, From, Resume.Seqno, Reason, Resume.Uuid);

    /// <summary>What the journal keeps.</summary>
    public VBucketFact.RolledBack Fact(OwnershipEpoch epoch, DateTimeOffset at) =>
        new(epoch, at, From, Resume.Seqno, Reason, Resume.Uuid, Resume.IsBoundary ? null : Resume);

    private static RollbackPlan To(
        Seqno limit, Seqno handled, ulong manifestUid, FailoverLog accepted, RetainedBoundaries boundaries, FailoverLog? fresh,
        RollbackReason reason)
    {
        if (boundaries.NewestAtOrBelow(limit) is not { } boundary || boundary.Seqno == Seqno.Zero)
            return new RollbackPlan(handled, StreamOffset.Beginning, reason, FailoverLog.Empty, RetainedBoundaries.None);
        var uuid = accepted.UuidAtOrBelow(boundary.Seqno);
        if (uuid.IsNone && fresh is not null)
            uuid = fresh.UuidAtOrBelow(boundary.Seqno);
        if (uuid.IsNone)
            uuid = boundary.Uuid;
        return new RollbackPlan(
            handled,
            StreamOffset.Boundary(uuid, boundary.Seqno, manifestUid),
            reason,
            accepted.TruncatedTo(boundary.Seqno),
            boundaries.TruncatedTo(boundary.Seqno));
    }

    /// <summary>
    /// Begins anew although 0 was accepted: what was handled from there without a checkpoint, nobody knows how far, may be deleted
    /// and purged since (dcp-reference.md 4.8), and then no deletion of it would ever come.
    /// </summary>
    public static RollbackPlan ForPurgedStart(FailoverLog accepted) =>
        new(Seqno.Zero, StreamOffset.Beginning, RollbackReason.Purge, accepted, RetainedBoundaries.None);

    private static RollbackReason ReasonOf(RollbackQuestion question)
    {
        var (sent, fresh) = (question.Sent, question.Fresh);
        if (fresh is null || fresh.IsEmpty)
            return question.To == Seqno.Zero ? RollbackReason.Purge : RollbackReason.Branch;
        if (!fresh.Contains(sent.Uuid))
            return RollbackReason.UnknownUuid;
        var newest = fresh.NewestUuid == sent.Uuid;
        var upper = newest ? question.High : UpperOf(sent.Uuid, fresh);
        // rolled back to 0 though the branch would do: only purged tombstones are left as a cause (4.3)
        if (question.To == Seqno.Zero && (upper is null || AnswerFor(sent, upper.Value) != Seqno.Zero))
            return RollbackReason.Purge;
        return newest ? RollbackReason.SeqnoFromFuture : RollbackReason.Branch;
    }

    // where the branch ended: the seqno of the next newer one; the log is searched from the oldest on
    private static Seqno? UpperOf(VBucketUuid uuid, FailoverLog log)
    {
        for (var i = log.Entries.Length - 1; i > 0; i--)
            if (log.Entries[i].Uuid == uuid)
                return log.Entries[i - 1].Seqno;
        return null;
    }

    // what 4.3 answers to a known branch when nothing was purged; null accepts
    private static Seqno? AnswerFor(StreamOffset sent, Seqno upper)
    {
        var (start, end) = (sent.Snapshot.Start, sent.Snapshot.End);
        if (sent.Seqno == start)
            end = sent.Seqno;
        if (end <= upper)
            return null;
        if (sent.Seqno == end)
            start = sent.Seqno;
        return Seqno.Smaller(upper, start);
    }
}
