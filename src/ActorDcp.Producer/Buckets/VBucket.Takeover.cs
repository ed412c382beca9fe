namespace ActorDcp.Producer.Buckets;

/// <summary>The end of a move: changes are held back while the new copy receives the last ones (dcp-reference.md 4.6).</summary>
internal sealed partial class VBucket
{
    private bool _frozen;

    /// <summary>Takes no changes until <see cref="Thaw"/>; streams go on.</summary>
    public void Freeze()
    {
        lock (_gate)
            _frozen = true;
    }

    public void Thaw()
    {
        lock (_gate)
        {
            _frozen = false;
            ApplyManifest(_settings.Collections.Current);
        }
    }

    /// <summary>Another copy has taken over: this one is dead, but its streams stay open, and silent, until it is dropped (dcp-reference.md 10.3).</summary>
    public void LetGo()
    {
        lock (_gate)
            TryBecome(VBucketState.Dead);
    }

    /// <summary>The node has this copy no more: its streams end with reason 2.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            TryBecome(VBucketState.Dead);
            EndStreams(StreamEndReason.StateChanged);
        }
    }

    public bool IsFrozen
    {
        get
        {
            lock (_gate)
                return _frozen;
        }
    }

    public bool IsWritable
    {
        get
        {
            lock (_gate)
                return TakesChanges;
        }
    }

    /// <summary>The sender's disk has lost tombstones up to a seqno, so what is received from there lacks them too (dcp-reference.md 4.8).</summary>
    public void ReceivePurgeSeqno(ulong seqno)
    {
        lock (_gate)
        {
            EnsureReceives();
            if (seqno <= _purgeSeqno)
                return;
            Volatile.Write(ref _purgeSeqno, seqno);
            _changed?.Invoke(this);
        }
    }

    /// <summary>Whether a change may be made here now.</summary>
    private bool TakesChanges => _state == VBucketState.Active && !_frozen;

    /// <summary>Every change of a client's comes by here, so none slips in behind the end of a move.</summary>
    /// <exception cref="VBucketNotActiveException">Another copy is, or will be, active.</exception>
    private void EnsureTakesChanges()
    {
        if (!TakesChanges)
            throw new VBucketNotActiveException(this, _frozen);
    }
}
