namespace ActorDcp.Producer.Buckets;

/// <summary>Those who wait until a seqno is durable (dcp-reference.md 3.20).</summary>
internal sealed partial class VBucket
{
    private readonly List<PersistenceWaiter> _persistenceWaiters = [];

    /// <summary>End of the snapshot that is being received; the high seqno of an active vbucket.</summary>
    public ulong ReceivedSnapshotEnd
    {
        get
        {
            lock (_gate)
                return _state == VBucketState.Active ? _highSeqno : Math.Max(_highSeqno, _received.End);
        }
    }

    public ulong MaxDeletedRev
    {
        get
        {
            lock (_gate)
                return _maxDeletedRev;
        }
    }

    /// <summary>Highest cas that was given out.</summary>
    public ulong LastCas
    {
        get
        {
            lock (_gate)
                return _lastCas;
        }
    }

    /// <summary>Documents of a collection that are not deleted, and the bytes of their keys and values.</summary>
    public (long Items, long Bytes) MeasureCollection(uint collection)
    {
        lock (_gate)
        {
            long items = 0, bytes = 0;
            foreach (var item in _newest)
            {
                if (item.Kind != ItemKind.Mutation || CollectionOf(item.Key) != collection)
                    continue;
                items++;
                bytes += item.KeyAndValue.Length;
            }
            return (items, bytes);
        }
    }

    /// <summary>Tells whether a seqno became durable, or did not in time. At once, or later by another thread, under no lock.</summary>
    public void WaitForPersistence(ulong seqno, TimeSpan timeout, Action<bool> answer)
    {
        lock (_gate)
        {
            if (PersistedSeqno < seqno)
            {
                var deadline = _settings.Time.GetTimestamp() + (long)(timeout.TotalSeconds * _settings.Time.TimestampFrequency);
                _persistenceWaiters.Add(new PersistenceWaiter(seqno, deadline, answer));
                return;
            }
        }
        answer(true);
    }

    /// <summary>Answers those whose seqno is durable, or whose time is over, or all once the vbucket is dead. To be called under no lock.</summary>
    public void PumpPersistenceWaiters()
    {
        if (_persistenceWaiters.Count == 0)
            return;
        List<PersistenceWaiter> done;
        ulong persisted;
        lock (_gate)
        {
            var now = _settings.Time.GetTimestamp();
            persisted = PersistedSeqno;
            done = [.. _persistenceWaiters.Where(waiter => _state == VBucketState.Dead || waiter.Seqno <= persisted || waiter.Deadline <= now)];
            foreach (var waiter in done)
                _persistenceWaiters.Remove(waiter);
        }
        foreach (var waiter in done)
            waiter.Answer(waiter.Seqno <= persisted);
    }

    private sealed record PersistenceWaiter(ulong Seqno, long Deadline, Action<bool> Answer);
}
