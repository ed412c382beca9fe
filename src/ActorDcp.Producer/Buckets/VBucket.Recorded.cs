using ActorDcp.Producer.SyncWrites;

namespace ActorDcp.Producer.Buckets;

/// <summary>Changes that were recorded elsewhere, for tests that compare this node with another.</summary>
internal sealed partial class VBucket
{
    private ulong _heldAt = ulong.MaxValue;

    /// <summary>Where memory plays the disk, persists nothing above a seqno from now on.</summary>
    public void HoldPersistence(ulong seqno) => Volatile.Write(ref _heldAt, seqno);

    /// <summary>Takes changes as they are, with seqno, cas and revision, in one step that streams see whole.</summary>
    /// <param name="items">In seqno order, above the high seqno.</param>
    /// <param name="highSeqno">The high seqno then, if it is above the last change.</param>
    /// <param name="opensCheckpoint">Whether they begin a checkpoint.</param>
    public void Record(IReadOnlyList<StoredItem> items, ulong highSeqno, bool opensCheckpoint)
    {
        lock (_gate)
        {
            EnsureTakesChanges();
            if (opensCheckpoint)
                CloseCheckpointIfUsed();
            foreach (var item in items)
            {
                _lastCas = Math.Max(_lastCas, item.Cas);
                Record(item);
            }
            if (highSeqno <= _highSeqno)
                return;
            _checkpoints.Advance(highSeqno);
            Volatile.Write(ref _highSeqno, highSeqno);
            AfterReceived();
        }
    }

    private void Record(StoredItem item)
    {
        switch (item)
        {
            case SyncWriteItem { Kind: ItemKind.Prepare } prepare:
                AppendReceivedBesideDocuments(prepare);
                _durability.Add(new PendingSyncWrite(prepare, Request: null, Deadline: null, MaybeVisible: false));
                break;
            case SyncWriteItem { Kind: ItemKind.Abort } abort:
                CompletePrepare(abort.PreparedSeqno, abort.Seqno, isCommit: false);
                AppendReceivedBesideDocuments(abort);
                break;
            default:
                CompleteByChange(item);
                AppendReceived(item);
                break;
        }
    }
}
