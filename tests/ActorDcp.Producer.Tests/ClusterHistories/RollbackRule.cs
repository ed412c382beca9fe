namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>The rollback decision of dcp-reference.md 4.3, written down a second time.</summary>
internal static class RollbackRule
{
    /// <summary>Where a request must go back to; null when it is accepted.</summary>
    /// <param name="position">Seqno, snapshot and uuid that the request names.</param>
    /// <param name="log">Of the copy that is asked, newest first.</param>
    /// <param name="high">Its high seqno.</param>
    /// <param name="purge">Its purge seqno.</param>
    public static ulong? Decide((ulong Seqno, ulong Start, ulong End, ulong Uuid) position, IReadOnlyList<(ulong Uuid, ulong Seqno)> log, ulong high, ulong purge)
    {
        var (seqno, start, end, uuid) = position;
        if (seqno == 0)
            return null;
        if (seqno < purge)
            return 0;
        var place = -1;
        for (var i = 0; i < log.Count; i++)
            if (log[i].Uuid == uuid)
                place = i;
        if (place < 0)
            return 0;
        var upper = place == 0 ? high : log[place - 1].Seqno;
        if (seqno == start)
            end = seqno;
        if (end <= upper)
            return null;
        if (seqno == end)
            start = end;
        return upper < start ? upper : start;
    }
}
