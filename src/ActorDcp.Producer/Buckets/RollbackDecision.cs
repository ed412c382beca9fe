namespace ActorDcp.Producer.Buckets;

/// <summary>Whether a stream request may go on from where it says it is (dcp-reference.md 4.3).</summary>
/// <param name="RollbackTo">Where the consumer must go back to; null when the request is accepted.</param>
internal readonly record struct RollbackDecision(Seqno? RollbackTo)
{
    public static RollbackDecision Accept => default;

    public bool IsAccepted => RollbackTo is null;

    /// <summary>Decides. Pure.</summary>
    public static RollbackDecision Decide(in RollbackQuestion question)
    {
        var start = question.Start;
        if (start == 0 && (!question.StrictUuid || question.Uuid == 0))
            return Accept;
        if (IsBehindPurge(question))
            return To(0);

        if (!TryFindUpper(question, out var upper))
            return To(0);

        var snapshotStart = question.SnapshotStart;
        var snapshotEnd = question.SnapshotEnd;
        if (start == snapshotStart)
            snapshotEnd = start;
        if (snapshotEnd <= upper)
            return Accept;
        if (start == snapshotEnd)
            snapshotStart = start;
        return To(Math.Min(upper, snapshotStart));
    }

    private static bool IsBehindPurge(in RollbackQuestion question)
    {
        var start = question.Start;
        var purge = question.IgnorePurgedTombstones ? 0 : question.PurgeSeqno;
        if (start == 0 || start >= purge || question.PresentedPurgeSeqno == purge)
            return false;
        return !(question.FilterHighSeqno is { } high && start >= high && high <= purge);
    }

    /// <summary>Where the branch that the consumer names ended: at the beginning of the next newer one, or at the high seqno.</summary>
    private static bool TryFindUpper(in RollbackQuestion question, out ulong upper)
    {
        var entries = question.FailoverLog.Entries;
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            if (entries[i].Uuid.Value != question.Uuid)
                continue;
            upper = i == 0 ? question.HighSeqno : entries[i - 1].Seqno.Value;
            return true;
        }
        upper = 0;
        return false;
    }

    private static RollbackDecision To(ulong seqno) => new(new Seqno(seqno));
}
