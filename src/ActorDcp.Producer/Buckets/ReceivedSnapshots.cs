namespace ActorDcp.Producer.Buckets;

/// <summary>
/// The snapshots that a copy was sent, so that it knows at which seqnos what it holds was whole: only there may a branch begin
/// or a rollback lead (dcp-reference.md 4.4, 5.3). Guarded by the vbucket.
/// </summary>
internal sealed class ReceivedSnapshots
{
    private const int MaxEnds = 512;
    private readonly List<ulong> _ends = [];
    private ulong _ownThrough;
    private ulong? _branchAt;

    /// <summary>Start of the snapshot that is, or was last, received.</summary>
    public ulong Start { get; private set; }

    /// <summary>Its end; at or below the high seqno once it is complete.</summary>
    public ulong End { get; private set; }

    /// <summary>Whether it came from its sender's disk.</summary>
    public bool IsDisk { get; private set; }

    /// <summary>End of the last snapshot that is complete.</summary>
    public ulong CompleteEnd => _ends.Count > 0 ? _ends[^1] : _ownThrough;

    /// <summary>Where a new branch begins if this copy becomes active now: a snapshot received in part does not count.</summary>
    public ulong BranchAt => _branchAt ?? CompleteEnd;

    /// <summary>An active copy becomes one that receives: each of its own seqnos is whole, but a branch goes back to its open checkpoint (10.11).</summary>
    public void BeginBehindOwn(ulong openCheckpointStart, ulong highSeqno)
    {
        _ends.Clear();
        _ownThrough = Start = End = highSeqno;
        _branchAt = Math.Min(openCheckpointStart, highSeqno);
    }

    /// <summary>What a store kept: the snapshot around the high seqno; its start is the end of the last complete one.</summary>
    public void Restore(ulong start, ulong end, ulong highSeqno)
    {
        _ends.Clear();
        _ownThrough = 0;
        if (end <= highSeqno)
        {
            Start = End = highSeqno;
            _ends.Add(highSeqno);
            return;
        }
        (Start, End) = (start, end);
        if (start > 0)
            _ends.Add(start);
    }

    public void Begin(ulong start, ulong end, bool isDisk)
    {
        (Start, End, IsDisk) = (start, end, isDisk);
        _branchAt = null;
    }

    /// <summary>Takes note of how far the snapshot has come.</summary>
    public void Reach(ulong highSeqno)
    {
        if (highSeqno < End || CompleteEnd >= End)
            return;
        if (_ends.Count == MaxEnds)
            ThinOut();
        _ends.Add(End);
    }

    /// <summary>Where the snapshot ends in which a seqno lies; the seqno itself if it is whole there.</summary>
    public ulong EndAround(ulong seqno)
    {
        if (seqno <= _ownThrough)
            return seqno;
        var index = _ends.BinarySearch(seqno);
        if (index >= 0)
            return seqno;
        return ~index < _ends.Count ? _ends[~index] : Math.Max(End, seqno);
    }

    /// <summary>The highest seqno, not above another, at which all was whole.</summary>
    public ulong CompleteAtOrBelow(ulong seqno)
    {
        if (seqno <= _ownThrough)
            return seqno;
        var index = _ends.BinarySearch(seqno);
        if (index >= 0)
            return seqno;
        return ~index > 0 ? _ends[~index - 1] : _ownThrough;
    }

    /// <summary>Forgets what came after a seqno at which all was whole.</summary>
    public void RollBack(ulong seqno)
    {
        _ends.RemoveAll(end => end > seqno);
        _ownThrough = Math.Min(_ownThrough, seqno);
        Start = End = seqno;
        _branchAt = null;
    }

    /// <summary>Of the older half every second one goes.</summary>
    private void ThinOut()
    {
        for (var i = 0; i < MaxEnds / 4; i++)
            _ends[i] = _ends[2 * i + 1];
        _ends.RemoveRange(MaxEnds / 4, MaxEnds / 4);
    }
}
