namespace ActorDcp.Producer.Buckets;

/// <summary>
/// At which seqnos what a copy holds was whole: at each of those that it made itself, and at the ends of the snapshots that it was
/// sent. Only there may a branch begin or a rollback lead (dcp-reference.md 4.4, 5.3). Guarded by the vbucket.
/// </summary>
internal sealed class ReceivedSnapshots
{
    private const int MaxRanges = 512;
    private readonly List<(ulong From, ulong Through)> _whole = [(0, ulong.MaxValue)];
    private ulong? _branchAt;

    /// <summary>Start of the snapshot that is, or was last, received.</summary>
    public ulong Start { get; private set; }

    /// <summary>Its end; at or below the high seqno once it is complete.</summary>
    public ulong End { get; private set; }

    /// <summary>Whether it came from its sender's disk.</summary>
    public bool IsDisk { get; private set; }

    /// <summary>The last seqno at which all was whole.</summary>
    public ulong CompleteEnd => _whole.Count > 0 ? _whole[^1].Through : 0;

    /// <summary>Where a new branch begins if this copy becomes active now: a snapshot received in part does not count.</summary>
    public ulong BranchAt => _branchAt ?? CompleteEnd;

    /// <summary>An active copy becomes one that receives; a branch would go back to its open checkpoint (10.11).</summary>
    public void Demote(ulong openCheckpointStart, ulong highSeqno)
    {
        Trim(highSeqno);
        Start = End = highSeqno;
        _branchAt = Math.Min(openCheckpointStart, highSeqno);
    }

    /// <summary>From here on this copy makes its seqnos itself.</summary>
    public void Promote(ulong highSeqno)
    {
        _branchAt = null;
        Trim(highSeqno);
        if (_whole.Count > 0 && _whole[^1].Through == highSeqno)
            _whole[^1] = (_whole[^1].From, ulong.MaxValue);
        else
            Add(highSeqno, ulong.MaxValue);
    }

    /// <summary>What a store kept of an active copy.</summary>
    public void RestoreOwn(ulong highSeqno)
    {
        _whole.Clear();
        Add(highSeqno, ulong.MaxValue);
    }

    /// <summary>What a store kept of a replica: the snapshot around the high seqno; its start is the end of the last complete one.</summary>
    public void Restore(ulong start, ulong end, ulong highSeqno)
    {
        _whole.Clear();
        var isWhole = end <= highSeqno;
        (Start, End) = isWhole ? (highSeqno, highSeqno) : (start, end);
        Add(isWhole ? highSeqno : start, isWhole ? highSeqno : start);
    }

    public void Begin(ulong start, ulong end, bool isDisk)
    {
        (Start, End, IsDisk) = (start, end, isDisk);
        _branchAt = null;
    }

    /// <summary>Takes note of how far the snapshot has come.</summary>
    public void Reach(ulong highSeqno)
    {
        if (highSeqno >= End && CompleteEnd < End)
            Add(End, End);
    }

    /// <summary>Where the snapshot ends in which a seqno lies; the seqno itself if it is whole there.</summary>
    public ulong EndAround(ulong seqno)
    {
        var index = FindBehind(seqno);
        if (index > 0 && seqno <= _whole[index - 1].Through)
            return seqno;
        return index < _whole.Count ? _whole[index].From : Math.Max(End, seqno);
    }

    /// <summary>The highest seqno, not above another, at which all was whole.</summary>
    public ulong CompleteAtOrBelow(ulong seqno)
    {
        var index = FindBehind(seqno);
        return index == 0 ? 0 : Math.Min(seqno, _whole[index - 1].Through);
    }

    /// <summary>Forgets what came after a seqno at which all was whole.</summary>
    public void RollBack(ulong seqno)
    {
        Trim(seqno);
        Start = End = seqno;
        _branchAt = null;
    }

    /// <summary>Index of the first range that begins above a seqno.</summary>
    private int FindBehind(ulong seqno)
    {
        int low = 0, high = _whole.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_whole[middle].From <= seqno)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void Trim(ulong highSeqno)
    {
        _whole.RemoveAll(range => range.From > highSeqno);
        if (_whole.Count > 0)
            _whole[^1] = (_whole[^1].From, Math.Min(_whole[^1].Through, highSeqno));
    }

    /// <summary>Adds a range at the end. When they get many, every second one of the older half goes.</summary>
    private void Add(ulong from, ulong through)
    {
        if (_whole.Count == MaxRanges)
        {
            for (var i = 0; i < MaxRanges / 4; i++)
                _whole[i] = _whole[2 * i + 1];
            _whole.RemoveRange(MaxRanges / 4, MaxRanges / 4);
        }
        _whole.Add((from, through));
    }
}
