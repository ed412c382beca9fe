namespace ActorDcp.Producer.Buckets;

/// <summary>
/// One partition of a bucket on a node: ordered log with the newest version of each key, checkpoints with cursors, failover
/// table, purge and persisted seqno, state (dcp-reference.md 5). Every member is safe to call from any thread.
/// </summary>
internal sealed partial class VBucket
{
    private readonly Lock _gate = new();
    private readonly BucketSettings _settings;
    private readonly Action<VBucket>? _changed;
    private readonly HashSet<StoredItem> _newest = new(KeyComparer.Instance);
    private readonly HashSet<StoredItem>.AlternateLookup<ReadOnlySpan<byte>> _byKey;
    private readonly ItemLog _log = new();
    private readonly List<IVBucketListener> _listeners = [];
    private readonly CheckpointList _checkpoints;
    private readonly FailoverTable _failovers;
    private ulong _highSeqno;
    private ulong _persistedSeqno;
    private ulong _purgeSeqno;
    private ulong _maxDeletedRev;
    private ulong _lastCas;
    private ulong _compactedAt;
    private int _supersededCount;
    private int _streamEndings;
    private uint _earliestExpiry = uint.MaxValue;
    private VBucketState _state = VBucketState.Active;

    /// <param name="id">Its number.</param>
    /// <param name="settings">Of the bucket.</param>
    /// <param name="stored">What a store remembers of it; null for a new one.</param>
    /// <param name="changed">Told of every change that must be persisted; null when there is no store.</param>
    public VBucket(VBucketId id, BucketSettings settings, StoredVBucket? stored = null, Action<VBucket>? changed = null)
    {
        Id = id;
        _settings = settings;
        _changed = changed;
        _obsolete = changed is null ? null : [];
        _byKey = _newest.GetAlternateLookup<ReadOnlySpan<byte>>();
        _failovers = stored is null ? new FailoverTable() : new FailoverTable(stored.FailoverLog.Entries);
        if (stored is not null)
            Restore(stored);
        _checkpoints = new CheckpointList(_log, settings.CheckpointMaxItems, settings.MaxClosedCheckpoints, _highSeqno);
    }

    public VBucketId Id { get; }

    public ulong HighSeqno => Volatile.Read(ref _highSeqno);

    /// <summary>Last seqno that a backfill can read. Without a store memory plays the disk, and this is the high seqno.</summary>
    public ulong PersistedSeqno => _changed is null ? Math.Min(HighSeqno, Volatile.Read(ref _heldAt)) : Volatile.Read(ref _persistedSeqno);

    public ulong PurgeSeqno => Volatile.Read(ref _purgeSeqno);

    public VBucketState State => _state;

    public FailoverLog FailoverLog
    {
        get
        {
            lock (_gate)
                return _failovers.ToLog();
        }
    }

    public VBucketUuid Uuid
    {
        get
        {
            lock (_gate)
                return _failovers.Newest.Uuid;
        }
    }

    /// <summary>Documents that are not deleted.</summary>
    public int DocumentCount
    {
        get
        {
            lock (_gate)
                return _newest.Count(item => !item.IsDeleted);
        }
    }

    /// <summary>Answers the rollback question of a request in one consistent look.</summary>
    public RollbackDecision Decide(RollbackQuestion question, out ulong highSeqno, out FailoverLog log)
    {
        lock (_gate)
        {
            highSeqno = _highSeqno;
            log = _failovers.ToLog();
            return RollbackDecision.Decide(question with
            {
                FailoverLog = log,
                HighSeqno = _highSeqno,
                PurgeSeqno = _purgeSeqno,
            });
        }
    }

    /// <summary>How often all streams were told to end. Whatever is lost here or promised otherwise tells them so.</summary>
    public int StreamEndings => Volatile.Read(ref _streamEndings);

    /// <summary>Makes somebody known who reads nothing, and tells the branch that is the newest now.</summary>
    public void Watch(IVBucketListener listener)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
            listener.OnBranchesReceived(_failovers.Newest.Uuid, _highSeqno);
        }
    }

    /// <summary>Makes a stream known, with a cursor behind its position if memory reaches back to it (dcp-reference.md 5.5 step 1).</summary>
    public CheckpointCursor? AddListener(IVBucketListener listener, ulong position, bool droppable)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
            var reachesBack = position >= _highSeqno || _checkpoints.Contains(position + 1);
            return reachesBack ? _checkpoints.Register(position, droppable) : null;
        }
    }

    public void RemoveListener(IVBucketListener listener, CheckpointCursor? cursor)
    {
        lock (_gate)
        {
            _listeners.Remove(listener);
            if (cursor is null)
                return;
            _checkpoints.Remove(cursor);
            _checkpoints.Expel(PersistedSeqno);
        }
    }

    /// <summary>
    /// Changes the state; every stream ends with reason 2 (dcp-reference.md 4.6). A copy that was fed, or
    /// could have been, begins a branch when it becomes active in this way (5.3); one that was dead comes back as it was.
    /// </summary>
    public void ChangeState(VBucketState state)
    {
        lock (_gate)
        {
            if (state == VBucketState.Active && _state is VBucketState.Replica or VBucketState.Pending)
                Promote(takeover: false);
            else if (TryBecome(state))
                EndStreams(StreamEndReason.StateChanged);
        }
    }

    /// <summary>Expels everything from memory that is persisted, so that later streams begin with a backfill.</summary>
    public void ExpelCheckpoints()
    {
        lock (_gate)
            if (PersistedSeqno == _highSeqno)
                _checkpoints.Restart(_highSeqno);
    }

    /// <summary>Expels from memory what is persisted and behind all cursors. No stream falls back to disk by it.</summary>
    public void ExpelBehindCursors()
    {
        lock (_gate)
            _checkpoints.ExpelBehindCursors(PersistedSeqno);
    }

    /// <summary>What stands in memory after a position, up to the end of one checkpoint.</summary>
    /// <param name="cursor">The reader's cursor; made at the position when there is none, moved to the end of the slice.</param>
    /// <param name="position">Last seqno the reader has.</param>
    /// <param name="promisedEnd">End of the last snapshot it was told of: while that is above its position, nothing beyond comes.</param>
    /// <param name="droppable">Whether a new cursor may be dropped under pressure.</param>
    /// <param name="endsAtPrepare">Whether the slice ends with the first prepare in it, as a node sends that before it is committed.</param>
    /// <param name="leastEnd">End of a snapshot of which the reader has a part from an earlier stream: this one does not end before it.</param>
    public MemoryRead ReadMemory(ref CheckpointCursor? cursor, ulong position, ulong promisedEnd, bool droppable, bool endsAtPrepare = false, ulong leastEnd = 0)
    {
        lock (_gate)
        {
            if (cursor is { Dropped: true })
            {
                _checkpoints.Remove(cursor);
                cursor = null;
            }
            if (position >= _highSeqno)
            {
                cursor ??= _checkpoints.Register(position, droppable);
                return MemoryRead.Nothing;
            }
            if (!_checkpoints.Contains(position + 1))
                return MemoryRead.Gap;

            var checkpoint = _checkpoints.Find(position + 1);
            // what came from the sender's disk lacks the tombstones that were purged there
            if (checkpoint.IsDisk && position != 0 && position < _purgeSeqno)
                return MemoryRead.Gap;
            cursor ??= _checkpoints.Register(position, droppable);
            var last = endsAtPrepare ? EndAtPrepare(position, checkpoint.LastSeqno) : checkpoint.LastSeqno;
            var slice = TakeSlice(cursor, position, last, promisedEnd, leastEnd);
            _checkpoints.Expel(PersistedSeqno);
            return new MemoryRead(slice, checkpoint.SnapshotStart, position < checkpoint.FirstSeqno, checkpoint.IsDisk, IsGap: false);
        }
    }

    /// <summary>What a backfill from a position sends: everything persisted after it.</summary>
    /// <param name="cursor">Left at the end of the backfill, so that memory goes on from there without a gap.</param>
    /// <param name="position">Last seqno the reader has.</param>
    /// <param name="promisedEnd">As for <see cref="ReadMemory"/>.</param>
    /// <param name="droppable">Whether the cursor may be dropped under pressure.</param>
    /// <param name="leastEnd">End of a snapshot of which the reader has a part from an earlier stream: this one does not end before it.</param>
    public LogSlice ReadDisk(ref CheckpointCursor? cursor, ulong position, ulong promisedEnd, bool droppable, ulong leastEnd = 0)
    {
        lock (_gate)
        {
            if (cursor is not null)
                _checkpoints.Remove(cursor);
            cursor = _checkpoints.Register(position, droppable);
            return TakeSlice(cursor, position, PersistedSeqno, promisedEnd, leastEnd) with { PurgeRuns = _purgeRuns, IsDisk = true };
        }
    }

    /// <summary>A slice up to a seqno, or to the end of the snapshot that its reader is in; what a copy was sent is whole only where a snapshot ended.</summary>
    private LogSlice TakeSlice(CheckpointCursor cursor, ulong position, ulong last, ulong promisedEnd, ulong leastEnd)
    {
        var isInside = position < promisedEnd;
        if (isInside)
            last = Math.Min(last, promisedEnd);
        else
            promisedEnd = _received.EndAround(Math.Max(last, leastEnd));
        cursor.Position = Math.Max(position, last);
        cursor.PromisedEnd = promisedEnd;
        return _log.Slice(position + 1, last) with { MarkerEnd = promisedEnd };
    }

    private bool TryBecome(VBucketState state)
    {
        if (_state == state)
            return false;
        if (_state == VBucketState.Active)
            _received.Demote(_checkpoints.Open.SnapshotStart, _highSeqno);
        else if (state == VBucketState.Active)
            _received.Promote(_highSeqno);
        _state = state;
        OrphanSyncWrites(maybeVisible: false);
        _changed?.Invoke(this);
        ApplyManifest(_settings.Collections.Current);
        return true;
    }

    private void EndStreams(StreamEndReason reason)
    {
        Volatile.Write(ref _streamEndings, _streamEndings + 1);
        foreach (var listener in _listeners)
            listener.OnEnded(reason);
    }
}
