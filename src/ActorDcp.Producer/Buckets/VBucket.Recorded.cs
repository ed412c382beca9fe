namespace ActorDcp.Producer.Buckets;

/// <summary>Changes that were recorded elsewhere, for tests that compare this node with another.</summary>
internal sealed partial class VBucket
{
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
                AppendReceived(item);
            }
            if (highSeqno <= _highSeqno)
                return;
            _checkpoints.Advance(highSeqno);
            Volatile.Write(ref _highSeqno, highSeqno);
            AfterReceived();
        }
    }
}
