using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Buckets;

/// <summary>
/// The side of a copy that is fed over DCP: it takes its checkpoints from the markers it receives and keeps seqno, cas and
/// revision of every change (dcp-reference.md 5.3, 5.4).
/// </summary>
internal sealed partial class VBucket
{
    private readonly ReceivedSnapshots _received = new();

    /// <summary>High completed seqno of the newest disk snapshot that was received.</summary>
    public ulong ReceivedHighCompletedSeqno { get; private set; }

    /// <summary>From where this copy wants to be fed.</summary>
    public ReceivedPosition ReceivedPosition
    {
        get
        {
            lock (_gate)
            {
                var isWhole = _highSeqno >= _received.End;
                return new ReceivedPosition(_highSeqno, isWhole ? _highSeqno : Math.Min(_received.Start, _highSeqno),
                    isWhole ? _highSeqno : _received.End, _failovers.Newest.Uuid);
            }
        }
    }

    /// <summary>Where the branch would begin if this copy was promoted now.</summary>
    public ulong PromotionSeqno
    {
        get
        {
            lock (_gate)
                return _received.BranchAt;
        }
    }

    /// <summary>Whether it is still being built from its sender's disk: nobody may stream from it yet (dcp-reference.md 3.3 step 15).</summary>
    public bool IsReceivingFirstDiskSnapshot
    {
        get
        {
            lock (_gate)
                return _state != VBucketState.Active && _received is { IsDisk: true, Start: 0 } && _highSeqno < _received.End;
        }
    }

    /// <summary>Takes over the branches of the copy that feeds this one.</summary>
    public void ReceiveLog(FailoverLog log)
    {
        lock (_gate)
        {
            EnsureReceives();
            _failovers.Replace(log);
            foreach (var listener in _listeners)
                listener.OnBranchesReceived(_failovers.Newest.Uuid, _highSeqno);
            _changed?.Invoke(this);
        }
    }

    /// <summary>The changes that follow belong to this snapshot: a checkpoint of its own, or more of the open one.</summary>
    /// <param name="start">Its start.</param>
    /// <param name="end">Its end; not below the high seqno.</param>
    /// <param name="flags">Of the marker.</param>
    /// <param name="highCompleted">Seqno up to which durable writes are completed, of disk snapshots.</param>
    /// <exception cref="ArgumentOutOfRangeException">It ends below what is here, or before it starts.</exception>
    public void ReceiveMarker(ulong start, ulong end, MarkerFlags flags, ulong highCompleted = 0)
    {
        lock (_gate)
        {
            EnsureReceives();
            if (end < start || end < _highSeqno)
                throw new ArgumentOutOfRangeException(nameof(end), end, $"vbucket {Id} has come to seqno {_highSeqno}");
            // the sender goes on with another end: whoever was promised the old one would miss what is deduplicated since
            if (_highSeqno < _received.End && end != _received.End)
                EndStreams(StreamEndReason.StateChanged);
            var isDisk = (flags & MarkerFlags.Disk) != 0;
            _received.Begin(start, end, isDisk);
            _received.Reach(_highSeqno);
            ReceivedHighCompletedSeqno = Math.Max(ReceivedHighCompletedSeqno, highCompleted);
            if ((flags & MarkerFlags.Checkpoint) != 0 || isDisk != _checkpoints.Open.IsDisk)
                _checkpoints.OpenReceived(start, _highSeqno + 1, isDisk);
        }
    }

    /// <summary>Takes a change as it is. The item becomes this copy's own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not come next, or is outside of the snapshot announced.</exception>
    public void Receive(StoredItem item)
    {
        lock (_gate)
        {
            EnsureReceives();
            EnsureFollows(item.Seqno);
            _lastCas = Math.Max(_lastCas, item.Cas);
            CompleteByChange(item);
            AppendReceived(item);
        }
    }

    /// <summary>The sender has come to a seqno without anything to send.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not come next, or is outside of the snapshot announced.</exception>
    public void ReceiveSeqnoAdvanced(ulong seqno)
    {
        lock (_gate)
        {
            EnsureReceives();
            if (seqno == _highSeqno)
                return;
            EnsureFollows(seqno);
            _checkpoints.Advance(seqno);
            Volatile.Write(ref _highSeqno, seqno);
            AfterReceived();
        }
    }

    /// <summary>
    /// Becomes active. After a failover a branch begins at the end of the last snapshot that was received whole; after a takeover
    /// the log goes on as it is (dcp-reference.md 5.3). Streams end with reason 2.
    /// </summary>
    public void Promote(bool takeover)
    {
        lock (_gate)
        {
            if (_state == VBucketState.Active)
                return;
            _state = VBucketState.Active;
            if (!takeover)
                _failovers.Branch(_received.BranchAt);
            OrphanSyncWrites(maybeVisible: !takeover);
            _received.Promote(_highSeqno);
            CloseCheckpointIfUsed();
            EndStreams(StreamEndReason.StateChanged);
            _changed?.Invoke(this);
            ApplyManifest(_settings.Collections.Current);
        }
    }

    /// <summary>
    /// Loses what came after a seqno, because the sender's history left this copy's there. Goes on down to a seqno at which all was
    /// whole and can be had again, at worst to 0 (dcp-reference.md 4.4). Streams end with reason 2.
    /// </summary>
    /// <returns>Where it is now.</returns>
    public ulong RollBackTo(ulong seqno)
    {
        lock (_gate)
        {
            EnsureReceives();
            var target = _received.CompleteAtOrBelow(Math.Min(seqno, _highSeqno));
            if (target < _compactedAt)
                target = 0;
            Truncate(target);
            if (target == 0)
                _compactedAt = _purgeSeqno = 0;
            _received.RollBack(target);
            _failovers.DropAbove(target);
            EndStreams(StreamEndReason.StateChanged);
            _changed?.Invoke(this);
            return target;
        }
    }

    private void AppendReceived(StoredItem item)
    {
        _byKey.TryGetValue(item.Key, out var old);
        CountChange(item, old);
        if (old is not null)
        {
            old.SupersededAt = item.Seqno;
            _supersededCount++;
            _newest.Remove(old);
            _obsolete?.Add(old.Seqno);
        }
        _newest.Add(item);
        NoteExpiry(item);
        if (item.Kind is ItemKind.Deletion or ItemKind.Expiration)
            _maxDeletedRev = Math.Max(_maxDeletedRev, item.Rev);
        _log.Append(item);
        TrackCollection(item);
        _checkpoints.AppendReceived(item.Seqno, old?.Seqno ?? ReplacePurged(item));
        Volatile.Write(ref _highSeqno, item.Seqno);
        AfterReceived();
    }

    private void AfterReceived()
    {
        _received.Reach(_highSeqno);
        _checkpoints.Expel(PersistedSeqno);
        CompactIfWorthIt();
        foreach (var listener in _listeners)
            listener.OnChanged();
        _changed?.Invoke(this);
    }

    private void EnsureReceives()
    {
        if (_state is not (VBucketState.Replica or VBucketState.Pending))
            throw new InvalidOperationException($"vbucket {Id} is {_state}, so it is not fed by another copy");
    }

    private void EnsureFollows(ulong seqno)
    {
        if (seqno <= _highSeqno || seqno > _received.End)
            throw new ArgumentOutOfRangeException(nameof(seqno), seqno,
                $"vbucket {Id} is at seqno {_highSeqno} of a snapshot that ends at {_received.End}");
    }
}
