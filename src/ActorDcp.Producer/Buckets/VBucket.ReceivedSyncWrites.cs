using ActorDcp.Producer.SyncWrites;

namespace ActorDcp.Producer.Buckets;

/// <summary>Durable writes as a copy receives them that is fed over DCP (dcp-reference.md 3.17).</summary>
internal sealed partial class VBucket
{
    /// <summary>
    /// The highest prepare that this copy may acknowledge: all up to it came in whole snapshots, and are persisted where their
    /// level asks for that. 0 when there was none.
    /// </summary>
    public ulong PreparedToAcknowledge
    {
        get
        {
            lock (_gate)
            {
                _durability.Advance(_received.BranchAt, PersistedSeqno, isActive: false);
                return _durability.HighPreparedSeqno;
            }
        }
    }

    /// <summary>Takes a prepare as it is; see <see cref="SyncWriteItem.Prepare"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not come next, or is outside of the snapshot announced.</exception>
    public void ReceivePrepare(SyncWriteItem prepare)
    {
        lock (_gate)
        {
            EnsureReceives();
            EnsureFollows(prepare.Seqno);
            _lastCas = Math.Max(_lastCas, prepare.Cas);
            AbortUntold(prepare.Key);
            AppendReceivedBesideDocuments(prepare);
            _durability.Add(new PendingSyncWrite(prepare, Request: null, Deadline: null, MaybeVisible: false));
        }
    }

    /// <summary>A prepare that is here is committed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not come next, or there is no such prepare.</exception>
    public void ReceiveCommit(ulong preparedSeqno, ulong commitSeqno)
    {
        lock (_gate)
        {
            EnsureReceives();
            EnsureFollows(commitSeqno);
            if (_durability.Find(preparedSeqno) is not { } pending)
                throw new ArgumentOutOfRangeException(nameof(preparedSeqno), preparedSeqno, $"vbucket {Id} has no such prepare");
            CompletePrepare(preparedSeqno, commitSeqno, isCommit: true);
            AppendReceived(pending.Prepare.ToCommit(commitSeqno, Now));
        }
    }

    /// <summary>A prepare is aborted. It need not be here: a snapshot from disk leaves it out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not come next.</exception>
    public void ReceiveAbort(ReadOnlySpan<byte> key, ulong preparedSeqno, ulong abortSeqno)
    {
        lock (_gate)
        {
            EnsureReceives();
            EnsureFollows(abortSeqno);
            var abort = _durability.Find(preparedSeqno)?.Prepare.ToAbort(abortSeqno, Now)
                ?? SyncWriteItem.Abort(key, preparedSeqno, abortSeqno, NextCas(), Now);
            CompletePrepare(preparedSeqno, abortSeqno, isCommit: false);
            AbortUntold(key);
            AppendReceivedBesideDocuments(abort);
        }
    }

    /// <summary>A key is prepared again, or was: so the prepare that is here was aborted, which a snapshot from disk leaves out.</summary>
    private void AbortUntold(ReadOnlySpan<byte> key)
    {
        if (FindPending(key) is { } pending)
            _durability.Complete(pending.Prepare.Seqno);
    }

    /// <summary>A disk snapshot shows a commit as an ordinary change; while a key is prepared no other can come.</summary>
    private void CompleteByChange(StoredItem item)
    {
        if (item.IsDocument && FindPending(item.Key) is { } pending)
            CompletePrepare(pending.Prepare.Seqno, item.Seqno, isCommit: true);
    }

    private void AppendReceivedBesideDocuments(SyncWriteItem item)
    {
        var old = ReplaceBesideDocuments(item);
        _log.Append(item);
        TrackCollection(item);
        _checkpoints.AppendReceived(item.Seqno, old?.Seqno ?? 0);
        Volatile.Write(ref _highSeqno, item.Seqno);
        AfterReceived();
    }
}
