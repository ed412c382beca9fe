namespace ActorDcp.Fuzz.Model;

/// <summary>A change of a key; without a value it is a deletion.</summary>
internal readonly record struct ModelChange(ulong Seqno, int Key, string? Value);

/// <summary>
/// A vbucket as dcp-reference.md has it, written from 3.3, 4.3, 4.5 and 5.3 alone, in plain numbers, so that a misreading of the
/// code under test is not repeated here. Its decision is checked against the recorded ones.
/// </summary>
internal sealed class ModelVBucket
{
    private const int MostBranches = 25;
    private ulong _nextUuid = 1000;

    internal ModelVBucket() => Log.Add((_nextUuid++, 0));

    /// <summary>Takes a log and its seqnos as they were recorded.</summary>
    internal ModelVBucket(IEnumerable<(ulong Uuid, ulong Seqno)> newestFirst, ulong high, ulong purge)
    {
        Log.AddRange(newestFirst);
        (High, PurgeSeqno) = (high, purge);
    }

    /// <summary>Every change of the living history, none deduplicated, less what was purged.</summary>
    internal List<ModelChange> Changes { get; } = [];

    /// <summary>Branches, newest first.</summary>
    internal List<(ulong Uuid, ulong Seqno)> Log { get; } = [];

    internal ulong High { get; private set; }

    internal ulong PurgeSeqno { get; private set; }

    internal void Write(int key, string? value) => Changes.Add(new ModelChange(++High, key, value));

    /// <summary>A copy that has nothing above a seqno takes over, or a node that had persisted no more starts again (5.3).</summary>
    internal void FailOver(ulong keep)
    {
        keep = Lose(keep);
        Log.RemoveAll(entry => entry.Seqno > keep);
        Log.Insert(0, (_nextUuid++, keep));
        if (Log.Count > MostBranches)
            Log.RemoveAt(MostBranches);
    }

    /// <summary>Changes are lost and no branch tells of it; but none that purging rests upon.</summary>
    /// <returns>What is kept.</returns>
    internal ulong Lose(ulong keep)
    {
        keep = Math.Max(keep, PurgeSeqno);
        Changes.RemoveAll(change => change.Seqno > keep);
        return High = keep;
    }

    /// <summary>Tombstones up to a seqno go, but that of the highest seqno, and with each what it superseded (4.8).</summary>
    internal void Purge(ulong upTo)
    {
        var gone = Changes.Where(change => change.Value is null && change.Seqno <= upTo && change.Seqno < High
            && Changes.FindLast(other => other.Key == change.Key).Seqno == change.Seqno).ToList();
        if (gone.Count == 0)
            return;
        PurgeSeqno = Math.Max(PurgeSeqno, gone.Max(change => change.Seqno));
        Changes.RemoveAll(change => gone.Exists(tombstone => tombstone.Key == change.Key && change.Seqno <= tombstone.Seqno));
    }

    /// <summary>The checks of 3.3 that concern seqnos, around the decision of 4.3.</summary>
    internal ModelAnswer Answer(in ModelRequest request, ulong end = ulong.MaxValue)
    {
        if (request.Start > end || request.SnapStart > request.Start || request.Start > request.SnapEnd)
            return ModelAnswer.OutOfRange;
        var answer = Decide(request);
        return answer.IsAccept && request.Start > High ? ModelAnswer.OutOfRange : answer;
    }

    /// <summary>One snapshot above a seqno up to an end, each key once.</summary>
    internal List<ModelChange> Snapshot(ulong above, ulong end)
    {
        var newest = new Dictionary<int, ModelChange>();
        foreach (var change in Changes)
            if (change.Seqno > above && change.Seqno <= end)
                newest[change.Key] = change;
        return [.. newest.Values.OrderBy(change => change.Seqno)];
    }

    /// <summary>The documents as of a seqno.</summary>
    internal Dictionary<int, string> Documents(ulong asOf)
    {
        var documents = new Dictionary<int, string>();
        foreach (var change in Changes)
        {
            if (change.Seqno > asOf)
                break;
            if (change.Value is null)
                documents.Remove(change.Key);
            else
                documents[change.Key] = change.Value;
        }
        return documents;
    }

    private ModelAnswer Decide(in ModelRequest request)
    {
        var strict = (request.Flags & 0x20) != 0;
        if (request.Start == 0 && (!strict || request.Uuid == 0))
            return ModelAnswer.Accept;
        var purge = (request.Flags & 0x80) != 0 ? 0 : PurgeSeqno;
        var hasNothingNewer = request.FilterHigh is { } high && request.Start >= high && high <= purge;
        if (request.Start != 0 && request.Start < purge && !hasNothingNewer)
            return ModelAnswer.Rollback(0);
        var uuid = request.Uuid;
        var branch = Log.FindLastIndex(entry => entry.Uuid == uuid);
        if (branch < 0)
            return ModelAnswer.Rollback(0);
        var upper = branch == 0 ? High : Log[branch - 1].Seqno;
        var (start, end) = (request.SnapStart, request.SnapEnd);
        if (request.Start == start)
            end = request.Start;
        if (end <= upper)
            return ModelAnswer.Accept;
        if (request.Start == end)
            start = request.Start;
        return ModelAnswer.Rollback(Math.Min(upper, start));
    }
}
