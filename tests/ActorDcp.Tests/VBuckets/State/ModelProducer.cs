namespace ActorDcp.Tests.VBuckets.State;

/// <summary>
/// A vbucket as dcp-reference.md has it, written from 4.3, 4.5 and 5.3 alone, in plain numbers, so that a misreading of the code
/// under test is not repeated here.
/// </summary>
internal sealed class ModelProducer
{
    private ulong _nextUuid = 1000;
    private ulong _purgeSeqno;

    public ModelProducer() => Log.Insert(0, (_nextUuid++, 0));

    /// <summary>Every change of the living history, none deduplicated; tombstones have no value.</summary>
    public List<(ulong Seqno, int Key, string? Value)> Changes { get; } = [];

    /// <summary>Newest first.</summary>
    public List<(ulong Uuid, ulong Seqno)> Log { get; } = [];

    public ulong High { get; private set; }

    public void Write(int key, string? value) => Changes.Add((++High, key, value));

    /// <summary>A replica that has nothing above a seqno takes over.</summary>
    public void FailOver(ulong keep)
    {
        Changes.RemoveAll(change => change.Seqno > keep);
        High = keep;
        Log.RemoveAll(entry => entry.Seqno > keep);
        Log.Insert(0, (_nextUuid++, keep));
        if (Log.Count > 25)
            Log.RemoveAt(25);
        _purgeSeqno = Math.Min(_purgeSeqno, keep);
    }

    /// <summary>Changes are lost and no branch tells of it.</summary>
    public void LoseSilently(ulong keep)
    {
        Changes.RemoveAll(change => change.Seqno > keep);
        High = keep;
        _purgeSeqno = Math.Min(_purgeSeqno, keep);
    }

    /// <summary>Tombstones up to a seqno go, but that of the highest seqno.</summary>
    public void Purge(ulong upTo)
    {
        var gone = Changes.Where(change => change.Value is null && change.Seqno <= upTo && change.Seqno < High
            && Changes.FindLast(other => other.Key == change.Key).Seqno == change.Seqno).ToList();
        if (gone.Count == 0)
            return;
        _purgeSeqno = Math.Max(_purgeSeqno, gone.Max(change => change.Seqno));
        // with the tombstone what it superseded is long gone
        Changes.RemoveAll(change => gone.Any(tombstone => tombstone.Key == change.Key && change.Seqno <= tombstone.Seqno));
    }

    /// <summary>The decision of 4.3: null accepts, a number rolls back to it.</summary>
    public ulong? Answer(ulong start, ulong uuid, ulong snapStart, ulong snapEnd)
    {
        if (start == 0)
            return null;
        if (start < _purgeSeqno)
            return 0;
        var index = -1;
        for (var i = Log.Count - 1; i >= 0 && index < 0; i--)
            if (Log[i].Uuid == uuid)
                index = i;
        if (index < 0)
            return 0;
        var upper = index == 0 ? High : Log[index - 1].Seqno;
        if (start == snapStart)
            snapEnd = start;
        if (snapEnd <= upper)
            return null;
        if (start == snapEnd)
            snapStart = start;
        return upper < snapStart ? upper : snapStart;
    }

    /// <summary>One snapshot above a seqno up to an end, its keys unique.</summary>
    public List<(ulong Seqno, int Key, string? Value)> Snapshot(ulong above, ulong end) =>
        [.. Changes.Where(change => change.Seqno > above && change.Seqno <= end)
            .GroupBy(change => change.Key).Select(changes => changes.Last()).OrderBy(change => change.Seqno)];

    public Dictionary<int, string> Documents()
    {
        var documents = new Dictionary<int, string>();
        foreach (var (_, key, value) in Changes)
        {
            if (value is null)
                documents.Remove(key);
            else
                documents[key] = value;
        }
        return documents;
    }
}
