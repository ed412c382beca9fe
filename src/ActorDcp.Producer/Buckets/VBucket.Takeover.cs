namespace ActorDcp.Producer.Buckets;

/// <summary>The end of a move: another copy takes over, and until the map says so this one is not given up (dcp-reference.md 4.6).</summary>
internal sealed partial class VBucket
{
    private bool _frozen;
    private bool _moving;

    /// <summary>Whoever asks for what only an active copy does waits for the end of a move, until <see cref="EndMove"/>.</summary>
    public void BeginMove()
    {
        lock (_gate)
            _moving = true;
    }

    public void EndMove()
    {
        lock (_gate)
        {
            _moving = false;
            Thaw();
        }
    }

    /// <summary>Takes no changes until <see cref="Thaw"/>, so that who takes over can catch up; streams go on.</summary>
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

    /// <summary>
    /// Who takes over is ready: this copy is dead, but its streams stay open, and silent, until it is dropped (dcp-reference.md 10.3).
    /// </summary>
    /// <returns>Whether nobody here has begun this move, so that no map will tell of it.</returns>
    public bool HandOver()
    {
        lock (_gate)
            return TryBecome(VBucketState.Dead) && !_moving;
    }

    /// <summary>Nobody took over: this copy is active as before.</summary>
    public void TakeBack()
    {
        lock (_gate)
            if (_state == VBucketState.Dead)
                TryBecome(VBucketState.Active);
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

    /// <summary>Whether another copy is about to be active in place of this one, or this one in place of another.</summary>
    public bool IsMoving
    {
        get
        {
            lock (_gate)
                return _moving || _frozen;
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

    /// <summary>A process that ends in the middle of a move finds the copy that handed over still active, as the map does.</summary>
    private VBucketState StateToStore => _moving && _state == VBucketState.Dead ? VBucketState.Active : _state;

    /// <summary>Whether a change may be made here now.</summary>
    private bool TakesChanges => _state == VBucketState.Active && !_frozen;

    /// <summary>Every change of a client's comes by here, so none slips in behind the end of a move.</summary>
    /// <exception cref="VBucketNotActiveException">Another copy is, or will be, active.</exception>
    private void EnsureTakesChanges()
    {
        if (!TakesChanges)
            throw new VBucketNotActiveException(this, _moving || _frozen);
    }
}
