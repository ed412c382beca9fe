using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>
/// A consumer of a vbucket that keeps what it was sent and resumes as dcp-reference.md 4.4 says. Whenever a snapshot is whole, what it
/// has must be what the model was at that seqno. It takes slices in pieces, so that the vbucket changes under them.
/// </summary>
internal class HistoryReader : IVBucketListener
{
    private readonly List<(ulong Seqno, SortedDictionary<string, ulong> State)> _whole = [];
    private SortedDictionary<string, ulong> _state = new(StringComparer.Ordinal);
    private CheckpointCursor? _cursor;
    private LogSlice? _slice;
    private int _next;
    private (ulong Start, ulong End)? _told;
    private (ulong Start, ulong End) _snapshot;
    private bool _isWhole = true;
    private ulong _promisedEnd;
    private ulong _leastEnd;
    private FailoverLog _log = FailoverLog.Empty;
    private bool _hasEnded;

    public HistoryReader(VBucket vbucket)
    {
        VBucket = vbucket;
        Open();
    }

    public VBucket VBucket { get; private set; }

    public ulong Position { get; private set; }

    /// <summary>Snapshots that were compared with the model.</summary>
    public int Compared { get; private set; }

    public int Rollbacks { get; private set; }

    public void OnChanged()
    {
    }

    public void OnEnded(StreamEndReason reason) => _hasEnded = true;

    /// <summary>The connection was lost, or the vbucket is another object now.</summary>
    public void Reconnect(VBucket vbucket)
    {
        VBucket.RemoveListener(this, _cursor);
        VBucket = vbucket;
        Open();
    }

    /// <summary>Takes some changes, or what comes next.</summary>
    public void Step(CopyModel model, int count)
    {
        if (_hasEnded)
        {
            Reconnect(VBucket);
            return;
        }
        if (_slice is null && !TryFetch())
            return;
        var slice = _slice!.Value;
        while (count-- > 0)
        {
            if (!slice.TryFindFrom(ref _next))
            {
                Finish(slice, model);
                return;
            }
            Take(slice.Items[_next++]);
        }
    }

    /// <summary>Where it stands, and what it has: for what goes wrong.</summary>
    public override string ToString() => $"at {Position} of {_snapshot}, promised {_promisedEnd}: {CopyModel.Show(State())}";

    protected virtual void OnMarker(ulong start, ulong end, MarkerFlags flags)
    {
    }

    protected virtual void OnItem(StoredItem item)
    {
    }

    protected virtual void OnReached(ulong seqno)
    {
    }

    /// <summary>Where the next request begins: seqno, snapshot and uuid.</summary>
    protected virtual ReceivedPosition ResumeAt() => _isWhole
        ? new ReceivedPosition(Position, Position, Position, _log.UuidAtOrBelow(new Seqno(Position)))
        : new ReceivedPosition(Position, _snapshot.Start, _snapshot.End, _log.NewestUuid);

    protected virtual SortedDictionary<string, ulong> State() => _state;

    protected virtual void OnOpened(FailoverLog log)
    {
    }

    /// <summary>Goes back to the newest whole snapshot at or below a seqno.</summary>
    protected virtual ulong RollBack(ulong seqno)
    {
        _whole.RemoveAll(whole => whole.Seqno > seqno);
        _log = _log.TruncatedTo(new Seqno(_whole.Count == 0 ? 0 : _whole[^1].Seqno));
        return _whole.Count == 0 ? 0 : _whole[^1].Seqno;
    }

    protected void GoBackTo(ulong seqno)
    {
        var index = _whole.FindLastIndex(whole => whole.Seqno == seqno);
        _state = index < 0 ? new SortedDictionary<string, ulong>(StringComparer.Ordinal) : new(_whole[index].State, StringComparer.Ordinal);
        Position = seqno;
        _isWhole = true;
    }

    private void Open()
    {
        _slice = null;
        _cursor = null;
        _told = null;
        _promisedEnd = 0;
        _hasEnded = false;
        while (true)
        {
            var at = ResumeAt();
            Position = at.Seqno;
            var decision = VBucket.Decide(new RollbackQuestion
            {
                Start = at.Seqno,
                Uuid = at.Seqno == 0 ? 0 : at.Uuid.Value,
                SnapshotStart = at.SnapshotStart,
                SnapshotEnd = at.SnapshotEnd,
                FailoverLog = FailoverLog.Empty,
                HighSeqno = 0,
            }, out _, out var log);
            if (decision.RollbackTo is not { } seqno)
            {
                _leastEnd = at.Seqno == at.SnapshotStart ? 0 : at.SnapshotEnd;
                // a copy that was started anew is back in the snapshot that its disk has
                (_snapshot, _isWhole) = ((at.SnapshotStart, at.SnapshotEnd), at.SnapshotStart == at.SnapshotEnd);
                _log = log;
                OnOpened(log);
                break;
            }
            Rollbacks++;
            Assert.True(seqno.Value <= at.Seqno);
            GoBackTo(RollBack(seqno.Value));
        }
        _cursor = VBucket.AddListener(this, Position, droppable: true);
    }

    private bool TryFetch()
    {
        var isInside = Position < _promisedEnd;
        var read = VBucket.ReadMemory(ref _cursor, Position, _promisedEnd, droppable: true, leastEnd: _leastEnd);
        if (read.IsEmpty && !read.IsGap)
            return false;
        var slice = read.Slice;
        if (read.IsGap)
        {
            if (Position != 0 && Position + 1 <= VBucket.PurgeSeqno)
            {
                _hasEnded = true;
                return false;
            }
            slice = VBucket.ReadDisk(ref _cursor, Position, _promisedEnd, droppable: true, _leastEnd);
            if (slice.SnapshotEnd <= Position)
                return false;
        }
        Assert.True(slice.SnapshotEnd > Position);
        if (!isInside)
        {
            Assert.True(slice.MarkerEnd >= slice.SnapshotEnd);
            var isDisk = read.IsGap || read.IsDisk;
            var startsCheckpoint = read.IsGap || read.StartsCheckpoint;
            // a stream that was resumed inside a snapshot begins with its start
            _told = (_isWhole ? Position : _snapshot.Start, slice.MarkerEnd);
            _promisedEnd = slice.MarkerEnd;
            _leastEnd = 0;
            OnMarker(_isWhole ? Math.Min(Position, 1) * (Position + 1) : _snapshot.Start, slice.MarkerEnd,
                (isDisk ? MarkerFlags.Disk : MarkerFlags.Memory) | (startsCheckpoint ? MarkerFlags.Checkpoint : 0));
        }
        _slice = slice;
        _next = slice.From;
        return true;
    }

    private void Take(StoredItem item)
    {
        Assert.True(item.Seqno > Position && item.Seqno <= _promisedEnd, $"{item.Seqno} after {this}");
        MoveTo(item.Seqno);
        if (item.Kind == ItemKind.Mutation)
            _state[SimulatedDisk.KeyOf(item)] = item.Seqno;
        else
            _state.Remove(SimulatedDisk.KeyOf(item));
        OnItem(item);
    }

    private void MoveTo(ulong seqno)
    {
        Position = seqno;
        _snapshot = _told ?? _snapshot;
        _told = null;
        _isWhole = false;
    }

    private void Finish(in LogSlice slice, CopyModel model)
    {
        _slice = null;
        if (slice.SnapshotEnd > Position)
        {
            MoveTo(slice.SnapshotEnd);
            OnReached(Position);
        }
        if (Position < _promisedEnd)
            return;
        Assert.Equal(CopyModel.Show(model.StateAt(Position)), CopyModel.Show(State()));
        _isWhole = true;
        _whole.Add((Position, new SortedDictionary<string, ulong>(_state, StringComparer.Ordinal)));
        if (_whole.Count > 64)
            _whole.RemoveAt(0);
        Compared++;
    }
}
