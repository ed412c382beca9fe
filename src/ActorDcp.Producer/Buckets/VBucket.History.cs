namespace ActorDcp.Producer.Buckets;

/// <summary>Branches, purge, compaction and what a store reads and restores.</summary>
internal sealed partial class VBucket
{
    private const int CompactionSlack = 1_024;

    private List<ulong>? _obsolete;
    private ulong? _truncatedTo;
    private int _branchCount;
    private uint _purgeRuns;
    private readonly HashSet<StoredItem> _purgedInMemory = new(KeyComparer.Instance);
    private int _compactionDue;

    /// <summary>Begins a new branch at a seqno: what is above is lost, as when a replica that had come so far is promoted.</summary>
    /// <exception cref="InvalidOperationException">Older versions that the lost changes replaced are gone too.</exception>
    public void Failover(ulong seqno)
    {
        lock (_gate)
        {
            if (seqno > _highSeqno)
                throw new ArgumentOutOfRangeException(nameof(seqno), seqno, $"vbucket {Id} has come to seqno {_highSeqno} only");
            if (seqno < _compactedAt)
                throw new InvalidOperationException(
                    $"vbucket {Id} cannot go back to seqno {seqno}: versions replaced up to seqno {_compactedAt} are compacted away; keep the history");
            if (_received.CompleteAtOrBelow(seqno) is var whole && whole != seqno)
                throw new InvalidOperationException(
                    $"vbucket {Id} cannot go back to seqno {seqno}, which lies within a snapshot that it received: it was whole at seqno {whole}");
            Truncate(seqno);
            // what it had received beyond is gone too: no snapshot reaches there any more
            _received.RollBack(seqno);
            if (_state == VBucketState.Active)
                _received.Promote(seqno);
            _failovers.Branch(seqno);
            EndStreams(StreamEndReason.StateChanged);
            _changed?.Invoke(this);
            ApplyManifest(_settings.Collections.Current);
        }
    }

    /// <summary>Loses the newest changes, and of a snapshot that was received all.</summary>
    public void LoseNewest(int count)
    {
        ulong target;
        lock (_gate)
            target = _received.CompleteAtOrBelow(_highSeqno - Math.Min((ulong)count, _highSeqno));
        Failover(target);
    }

    /// <summary>Drops tombstones and aborts up to a seqno, never the newest change of the vbucket or of a collection (dcp-reference.md 4.8).</summary>
    public int PurgeTombstones(ulong throughSeqno)
    {
        lock (_gate)
        {
            var doomed = _newest.Where(item => item.IsTombstone && item.Seqno <= throughSeqno && item.Seqno != _highSeqno && !IsNewestOfItsCollection(item)).ToList();
            // an abort is the tombstone of a prepare; while memory has it, it keeps the next one of its key out of its checkpoint
            doomed.AddRange(_besideDocuments.Where(item => item.Kind == ItemKind.Abort && item.Seqno <= throughSeqno && item.Seqno < _checkpoints.FirstSeqno));
            if (doomed.Count > 0)
                _purgeRuns++;
            _purgedInMemory.RemoveWhere(item => item.Seqno < _checkpoints.FirstSeqno);
            foreach (var item in doomed)
            {
                item.PurgeIn(_purgeRuns);
                if (item.Seqno >= _checkpoints.FirstSeqno && !item.IsBesideDocuments)
                    _purgedInMemory.Add(item);
                _supersededCount++;
                (item.IsBesideDocuments ? _besideDocuments : _newest).Remove(item);
                _obsolete?.Add(item.Seqno);
                _purgeSeqno = Math.Max(_purgeSeqno, item.Seqno);
                _maxDeletedRev = Math.Max(_maxDeletedRev, item.Rev);
            }
            if (doomed.Count > 0)
                _changed?.Invoke(this);
            return doomed.Count;
        }
    }

    /// <summary>Every change of the current branch when history is kept, else the newest version of each key; in seqno order.</summary>
    public List<StoredItem> Changes()
    {
        lock (_gate)
        {
            var changes = new List<StoredItem>(_log.Count);
            foreach (var item in _log.Items)
                if (item.IsDocument && (_settings.KeepHistory || item.SupersededAt == 0))
                    changes.Add(item);
            return changes;
        }
    }

    /// <summary>Every change after a seqno that the log has, replaced ones, prepares and aborts too; in seqno order.</summary>
    public List<StoredItem> LogAfter(ulong seqno)
    {
        lock (_gate)
        {
            var slice = _log.Slice(seqno + 1, ulong.MaxValue);
            return [.. slice.Items[slice.From..slice.To]];
        }
    }

    /// <summary>What changed since the last time a store asked. To be called by the one writer of the store.</summary>
    public PersistenceBatch TakeUnpersisted()
    {
        lock (_gate)
        {
            var batch = new PersistenceBatch
            {
                VBucket = this,
                Slice = _log.Slice(_persistedSeqno + 1, _highSeqno) with { PurgeRuns = _purgeRuns, IsDisk = true },
                Obsolete = _obsolete ?? [],
                TruncatedTo = _truncatedTo,
                Facts = ToStored(),
                Branch = _branchCount,
            };
            _obsolete = [];
            _truncatedTo = null;
            return batch;
        }
    }

    /// <summary>A batch is durable.</summary>
    public void MarkPersisted(PersistenceBatch batch)
    {
        lock (_gate)
        {
            // a failover meanwhile may have gone below: what to write is then found anew for the next batch
            if (batch.Branch != _branchCount)
                return;
            Volatile.Write(ref _persistedSeqno, batch.Slice.SnapshotEnd);
            _checkpoints.Expel(_persistedSeqno);
            foreach (var listener in _listeners)
                listener.OnChanged();
        }
        PumpSyncWrites();
        PumpPersistenceWaiters();
    }

    /// <summary>A batch could not be written: it comes again with the next.</summary>
    public void ReturnUnpersisted(PersistenceBatch batch)
    {
        lock (_gate)
        {
            (_obsolete ??= []).AddRange(batch.Obsolete);
            if (batch.TruncatedTo is { } truncated)
                _truncatedTo = Math.Min(truncated, _truncatedTo ?? truncated);
        }
    }

    /// <summary>Whatever a store has of an earlier copy goes with the first batch.</summary>
    public void ReplaceStored()
    {
        lock (_gate)
            _truncatedTo = 0;
        _changed?.Invoke(this);
    }

    private StoredVBucket ToStored() => new()
    {
        Id = Id,
        State = StateToStore,
        FailoverLog = _failovers.ToLog(),
        HighSeqno = _highSeqno,
        PurgeSeqno = _purgeSeqno,
        MaxDeletedRev = _maxDeletedRev,
        SnapshotStart = IsSnapshotPartial ? _received.CompleteEnd : _highSeqno,
        SnapshotEnd = IsSnapshotPartial ? _received.End : _highSeqno,
    };

    private bool IsSnapshotPartial => _state != VBucketState.Active && _received.End > _highSeqno;

    private void Restore(StoredVBucket stored)
    {
        _state = stored.State;
        _highSeqno = _persistedSeqno = stored.HighSeqno;
        _purgeSeqno = stored.PurgeSeqno;
        _maxDeletedRev = stored.MaxDeletedRev;
        _compactedAt = stored.HighSeqno;
        foreach (var item in stored.Items)
        {
            item.IsCold = true;
            _log.Append(item);
            if (!item.IsBesideDocuments)
                _newest.Add(item);
            NoteExpiry(item);
            NoteXattrs(item);
            if (item.Kind is ItemKind.Deletion or ItemKind.Expiration or ItemKind.Abort)
                _maxDeletedRev = Math.Max(_maxDeletedRev, item.Rev);
            _lastCas = Math.Max(_lastCas, item.Cas);
        }
        if (_state == VBucketState.Active)
            _received.RestoreOwn(stored.HighSeqno);
        else
            _received.Restore(stored.SnapshotStart, stored.SnapshotEnd, stored.HighSeqno);
        RebuildCollections();
        RebuildSyncWrites(stored.HighSeqno);
    }

    private void Truncate(ulong seqno)
    {
        _branchCount++;
        if (seqno == _highSeqno)
            return;
        foreach (var item in _log.Items)
        {
            if (item.Seqno > seqno)
                _rolledBack++;
            if (item.Seqno > seqno && item.SupersededAt == 0 && !item.IsBesideDocuments)
                _newest.Remove(item);
        }
        _log.Rebuild(item => item.Seqno <= seqno);
        foreach (var item in _log.Items)
        {
            if (item.SupersededAt <= seqno || item.IsPurged || item.IsBesideDocuments)
                continue;
            if (item.PurgeRun != 0)
            {
                // its key had come back, and that is lost: it stays purged
                item.PurgeIn(item.PurgeRun);
                continue;
            }
            item.SupersededAt = 0;
            _newest.Add(item);
            NoteExpiry(item);
            RestoreOnDisk(item);
        }
        _truncatedTo = Math.Min(seqno, _truncatedTo ?? seqno);
        Volatile.Write(ref _highSeqno, seqno);
        Volatile.Write(ref _persistedSeqno, Math.Min(_persistedSeqno, seqno));
        _purgeSeqno = Math.Min(_purgeSeqno, seqno);
        _purgedInMemory.Clear();
        _checkpoints.Restart(seqno);
        RebuildCollections();
        RebuildSyncWrites(seqno);
        _supersededCount = 0;
        foreach (var item in _log.Items)
            if (item.SupersededAt != 0)
                _supersededCount++;
        _compactionDue = 0;
    }

    /// <summary>An older version is the newest again; a store that deleted it must write it anew.</summary>
    private void RestoreOnDisk(StoredItem item)
    {
        _obsolete?.Remove(item.Seqno);
        if (_changed is not null)
            Volatile.Write(ref _persistedSeqno, Math.Min(_persistedSeqno, item.Seqno - 1));
    }

    private bool IsStillNeeded(StoredItem item, ulong keepAbove)
    {
        if (item.IsPurged)
            return item.Seqno > keepAbove || item.Seqno >= _checkpoints.FirstSeqno;
        var replacedAt = item is SyncWriteItem { Kind: ItemKind.Prepare, CompletedAt: > 0 } prepare ? prepare.CompletedAt : item.SupersededAt;
        if (item.IsBesideDocuments && item.Seqno >= _checkpoints.FirstSeqno)
            return true;
        return replacedAt == 0 || replacedAt > keepAbove || _checkpoints.IsPromised(item.Seqno, replacedAt) || !_checkpoints.AreTogether(item.Seqno, replacedAt);
    }

    /// <summary>Deduplicates: drops superseded versions that no snapshot can need any more. Returns how many.</summary>
    public int Compact()
    {
        lock (_gate)
        {
            if (_settings.KeepHistory || _supersededCount == 0)
                return 0;
            var keepAbove = Math.Min(PersistedSeqno, _highSeqno - Math.Min(_highSeqno, (ulong)_settings.RewindableChanges));
            var dropped = 0;
            _log.Rebuild(item =>
            {
                if (IsStillNeeded(item, keepAbove))
                    return true;
                dropped++;
                if (!item.IsPurged)
                    _compactedAt = Math.Max(_compactedAt, item.SupersededAt);
                return false;
            });
            _supersededCount -= dropped;
            _compactionDue = _supersededCount;
            return dropped;
        }
    }

    /// <summary>Compacts once superseded versions are about as many as the others.</summary>
    private void CompactIfWorthIt()
    {
        if (_supersededCount >= _compactionDue + CompactionSlack + _newest.Count)
            Compact();
    }
}
