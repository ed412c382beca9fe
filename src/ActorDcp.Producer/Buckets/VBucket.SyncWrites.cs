using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Durable writes: prepare, commit, abort (dcp-reference.md 3.17, 5.2).</summary>
internal sealed partial class VBucket
{
    private readonly DurabilityMonitor _durability = new();
    private readonly HashSet<StoredItem> _besideDocuments = new(KeyComparer.Instance);
    private readonly Queue<(SyncWriteRequest Request, DocumentOutcome Outcome)> _completed = new();
    private SyncWriteCounts _syncWriteCounts;

    /// <summary>Whether there ever were prepares or aborts in the log. Cheap, and may be out of date.</summary>
    public bool HasSyncWrites => _besideDocuments.Count != 0;

    /// <summary>Whether any prepare is under way. Cheap, and may be out of date.</summary>
    public bool HasPendingSyncWrites => _durability.Count != 0;

    public ulong HighPreparedSeqno
    {
        get
        {
            lock (_gate)
                return _durability.HighPreparedSeqno;
        }
    }

    public ulong HighCompletedSeqno
    {
        get
        {
            lock (_gate)
                return _durability.HighCompletedSeqno;
        }
    }

    /// <summary>Seqno of the newest change that is no prepare and no abort.</summary>
    public ulong MaxVisibleSeqno
    {
        get
        {
            lock (_gate)
                return MaxVisibleAt(_highSeqno);
        }
    }

    /// <summary>What a marker of a snapshot that ends at a seqno tells.</summary>
    public SnapshotFacts DescribeSnapshot(ulong end)
    {
        lock (_gate)
            return new SnapshotFacts(
                MaxVisibleAt(end), Math.Min(end, _durability.HighCompletedSeqno), Math.Min(end, _durability.HighPreparedSeqno), _purgeSeqno);
    }

    public SyncWriteCounts SyncWriteCounts
    {
        get
        {
            lock (_gate)
                return _syncWriteCounts with { Pending = _durability.Count };
        }
    }

    /// <summary>The names of the vbucket's nodes, the active first; null for one that is configured but not there.</summary>
    public IReadOnlyList<string?> ReplicationChain
    {
        get
        {
            lock (_gate)
                return [.. _durability.Chain];
        }
    }

    /// <summary>Says which nodes hold the vbucket: a majority of them makes a write durable.</summary>
    public void SetReplicationChain(IReadOnlyList<string?> chain)
    {
        lock (_gate)
            _durability.SetChain(chain);
        PumpSyncWrites();
    }

    /// <summary>A node has everything up to a prepare. Unknown names are remembered until a chain has them.</summary>
    public void Acknowledge(string node, ulong preparedSeqno)
    {
        lock (_gate)
            _durability.Acknowledge(node, preparedSeqno);
        PumpSyncWrites();
    }

    /// <summary>Whether an operation on a key may begin. The vbucket looks again when it makes the change.</summary>
    public Status CheckSyncWrite(ReadOnlySpan<byte> key, bool writes, SyncWriteRequest? request)
    {
        if (request is null && !HasPendingSyncWrites)
            return Status.Success;
        lock (_gate)
        {
            if (request is not null && !_durability.MajorityIsThere)
                return Status.DurabilityImpossible;
            return FindPending(key) switch
            {
                { MaybeVisible: true } => Status.SyncWriteReCommitInProgress,
                { } when writes => Status.SyncWriteInProgress,
                _ => Status.Success,
            };
        }
    }

    /// <summary>Commits what is satisfied, aborts what is late, and tells those who wait. To be called under no lock.</summary>
    public void PumpSyncWrites()
    {
        if (_durability.Count == 0 && _completed.Count == 0)
            return;
        lock (_gate)
        {
            if (TakesChanges && _durability.Count > 0)
            {
                CommitSatisfied();
                AbortLate();
            }
        }
        while (true)
        {
            (SyncWriteRequest Request, DocumentOutcome Outcome) completed;
            lock (_gate)
                if (!_completed.TryDequeue(out completed))
                    return;
            completed.Request.Complete(completed.Outcome);
        }
    }

    /// <summary>Makes a change wait for its nodes instead, or refuses it, where that is called for.</summary>
    private StoredItem? Divert(
        StoredItem? old, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint flags, uint expiry, Datatype datatype, ItemKind kind)
    {
        if (FindPending(key) is { } pending)
            return pending.MaybeVisible ? RefusedItem.ReCommitInProgress : RefusedItem.InProgress;
        if (SyncWriteScope.Current is not { } request || kind is not (ItemKind.Mutation or ItemKind.Deletion))
            return null;
        var metadata = new ItemMetadata(
            _highSeqno + 1, NextCas(), (old?.Rev ?? _maxDeletedRev) + 1, flags, expiry, datatype, ItemKind.Prepare);
        var prepare = SyncWriteItem.Prepare(key, value, metadata, request.Level, kind == ItemKind.Deletion);
        var now = _settings.Time.GetTimestamp();
        AppendBesideDocuments(prepare);
        var deadline = now + (long)(request.Timeout.TotalSeconds * _settings.Time.TimestampFrequency);
        _durability.Add(new PendingSyncWrite(prepare, request, deadline, MaybeVisible: false));
        _syncWriteCounts = _syncWriteCounts with { Accepted = _syncWriteCounts.Accepted + 1 };
        return CommitSatisfied() is { } committed && ReferenceEquals(committed.Request, request) ? committed.Item : prepare;
    }

    private PendingSyncWrite? FindPending(ReadOnlySpan<byte> key) =>
        _durability.Count != 0 && _besideDocuments.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var newest)
            ? _durability.Find(newest.Seqno)
            : null;

    /// <summary>Commits from the oldest on; returns the last commit and who waited for it.</summary>
    private (StoredItem Item, SyncWriteRequest? Request)? CommitSatisfied()
    {
        (StoredItem, SyncWriteRequest?)? last = null;
        _durability.Advance(_highSeqno, PersistedSeqno, isActive: true);
        while (_durability.FindSatisfied() is { } satisfied)
        {
            var item = Commit(satisfied.Prepare);
            last = (item, satisfied.Request);
            // the operation that is under way on this thread answers by itself
            if (satisfied.Request is { } request && !ReferenceEquals(request, SyncWriteScope.Current))
                _completed.Enqueue((request, new DocumentOutcome(Status.Success, item, _failovers.Newest.Uuid)));
        }
        return last;
    }

    private SyncWriteItem Commit(SyncWriteItem prepare)
    {
        var commit = prepare.ToCommit(_highSeqno + 1, Now);
        _byKey.TryGetValue(prepare.Key, out var old);
        CompletePrepare(prepare.Seqno, commit.Seqno, isCommit: true);
        AppendDocument(old, commit);
        _syncWriteCounts = _syncWriteCounts with { Committed = _syncWriteCounts.Committed + 1 };
        return commit;
    }

    private void AbortLate()
    {
        var now = _settings.Time.GetTimestamp();
        Abort(pending => pending.Deadline <= now);
    }

    private void Abort(Func<PendingSyncWrite, bool> whether)
    {
        foreach (var late in _durability.Pending.Where(whether).ToList())
        {
            var abort = late.Prepare.ToAbort(_highSeqno + 1, Now);
            CompletePrepare(late.Prepare.Seqno, abort.Seqno, isCommit: false);
            AppendBesideDocuments(abort);
            _syncWriteCounts = _syncWriteCounts with { Aborted = _syncWriteCounts.Aborted + 1 };
            if (late.Request is not null)
                _completed.Enqueue((late.Request, DocumentOutcome.Refused(Status.SyncWriteAmbiguous)));
        }
    }

    /// <summary>A prepare is over: the disk does not need it any more. An abort takes its place in the log, a commit does not.</summary>
    private void CompletePrepare(ulong preparedSeqno, ulong at, bool isCommit)
    {
        if (_durability.Complete(preparedSeqno) is not { } pending)
            return;
        if (isCommit)
            pending.Prepare.CompletedAt = at;
        _supersededCount++;
        _obsolete?.Add(preparedSeqno);
    }

    /// <summary>Those who wait are told that nobody knows how their writes end; the prepares stay.</summary>
    private void OrphanSyncWrites(bool maybeVisible)
    {
        foreach (var request in _durability.Orphan(maybeVisible))
            _completed.Enqueue((request, DocumentOutcome.Refused(Status.SyncWriteAmbiguous)));
    }

    /// <summary>At a start or after a rollback: what is under way, as the log up to a seqno tells it.</summary>
    private void RebuildSyncWrites(ulong seqno)
    {
        OrphanSyncWrites(maybeVisible: false);
        _durability.Clear();
        _besideDocuments.Clear();
        foreach (var stored in _log.Items)
        {
            if (stored is not SyncWriteItem item)
                continue;
            if (!item.IsBesideDocuments)
            {
                _durability.Complete(item.PreparedSeqno);
                continue;
            }
            Reopen(item, seqno);
            if (item.SupersededAt == 0)
                _besideDocuments.Add(item);
            if (item.Kind == ItemKind.Abort)
                _durability.Complete(item.PreparedSeqno);
            else if (item is { SupersededAt: 0, CompletedAt: 0 })
                _durability.Add(new PendingSyncWrite(item, Request: null, Deadline: null, MaybeVisible: false));
        }
    }

    /// <summary>Undoes what happened to a prepare or abort above a seqno that the log has gone back to.</summary>
    private void Reopen(SyncWriteItem item, ulong seqno)
    {
        if (item.IsPurged)
            return;
        var wasGone = item.SupersededAt != 0 || item.CompletedAt != 0;
        if (item.SupersededAt > seqno)
            item.SupersededAt = 0;
        if (item.CompletedAt > seqno)
            item.CompletedAt = 0;
        if (!wasGone || item.SupersededAt != 0 || item.CompletedAt != 0)
            return;
        _supersededCount--;
        RestoreOnDisk(item);
    }

    /// <summary>Appends a prepare or an abort; it replaces what stood beside the documents for its key.</summary>
    private void AppendBesideDocuments(SyncWriteItem item)
    {
        var old = ReplaceBesideDocuments(item);
        CloseCheckpointBefore(item, old);
        _changes++;
        Append(item, old?.Seqno ?? 0);
    }

    private StoredItem? ReplaceBesideDocuments(SyncWriteItem item)
    {
        if (_besideDocuments.TryGetValue(item, out var old))
        {
            old.SupersededAt = item.Seqno;
            _supersededCount++;
            _besideDocuments.Remove(old);
            _obsolete?.Add(old.Seqno);
        }
        _besideDocuments.Add(item);
        return old;
    }

    /// <summary>A durable write's step and another change of its kind of one key never share a checkpoint (dcp-reference.md 5.4).</summary>
    private void CloseCheckpointBefore(StoredItem item, StoredItem? old)
    {
        if (old is not null && (item is SyncWriteItem || old is SyncWriteItem) && old.Seqno >= _checkpoints.Open.FirstSeqno)
            _checkpoints.CloseOpen(item.Seqno);
    }

    /// <summary>Seqno of the first prepare after a position, or the last seqno of a run that has none.</summary>
    private ulong EndAtPrepare(ulong position, ulong last)
    {
        if (!HasSyncWrites)
            return last;
        var slice = _log.Slice(position + 1, last);
        for (var i = slice.From; i < slice.To; i++)
            if (slice.Items[i].Kind == ItemKind.Prepare)
                return slice.Items[i].Seqno;
        return last;
    }

    /// <summary>The newest visible change at or below a seqno that the log has come to.</summary>
    private ulong MaxVisibleAt(ulong seqno)
    {
        var slice = _log.Slice(0, seqno);
        var last = slice.To - 1;
        var visible = last;
        while (visible >= slice.From && slice.Items[visible].IsBesideDocuments)
            visible--;
        if (visible == last)
            return seqno;
        return visible >= slice.From ? slice.Items[visible].Seqno : 0;
    }
}
