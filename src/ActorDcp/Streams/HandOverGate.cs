namespace ActorDcp.Streams;

/// <summary>
/// Says whether this member may still hand anything to its handlers: a deadline that only a timely tick renews. After a gap
/// longer than the allowance (the process hung, the machine slept) others may have taken over, so the gate stays shut until the
/// epochs were read anew. One for all vbuckets of a member; thread-safe.
/// </summary>
internal sealed class HandOverGate
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly HashSet<Action> _waiting = [];
    private long _renewedAt;
    private bool _shut;

    /// <summary>Makes the gate, open.</summary>
    /// <param name="allowance">Longest time between two renewals.</param>
    /// <param name="takeOverTime">Shortest time in which another member can take over a vbucket of one that fell silent.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">The allowance is not below the take-over time.</exception>
    public HandOverGate(TimeSpan allowance, TimeSpan takeOverTime, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(allowance, TimeSpan.Zero);
        if (allowance >= takeOverTime)
        {
            throw new ArgumentOutOfRangeException(
                nameof(allowance), allowance, $"must be below the {takeOverTime} in which another member can take over");
        }
        Allowance = allowance;
        _time = time;
        _renewedAt = time.GetTimestamp();
    }

    /// <summary>Longest time between two renewals.</summary>
    public TimeSpan Allowance { get; }

    /// <summary>Whether a batch may be handed over now.</summary>
    public bool IsOpen => !Volatile.Read(ref _shut) && _time.GetElapsedTime(Volatile.Read(ref _renewedAt)) <= Allowance;

    /// <summary>How many vbuckets have a batch that waits for the gate.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Renews the deadline. Called by the member's timer, and only while the member is Up. A tick that is late shuts the gate.</summary>
    /// <returns>Whether the gate is open; if not, the epochs must be read anew (<see cref="BeginRevalidation"/>).</returns>
    public bool Tick()
    {
        lock (_lock)
        {
            if (_shut)
                return false;
            var now = _time.GetTimestamp();
            if (_time.GetElapsedTime(_renewedAt, now) > Allowance)
            {
                _shut = true;
                return false;
            }
            Volatile.Write(ref _renewedAt, now);
            return true;
        }
    }

    /// <summary>Shuts the gate at once, as when the offset table fenced this member.</summary>
    public void Shut()
    {
        lock (_lock)
            _shut = true;
    }

    /// <summary>Call before the epochs are read; its result goes to <see cref="Revalidated"/>.</summary>
    public long BeginRevalidation()
    {
        Shut();
        return _time.GetTimestamp();
    }

    /// <summary>
    /// The epochs were read and every vbucket that has a higher one elsewhere has been stopped: opens the gate, unless that itself
    /// took longer than the allowance.
    /// </summary>
    /// <param name="begun">What <see cref="BeginRevalidation"/> returned before the epochs were read.</param>
    /// <returns>Whether the gate is open.</returns>
    public bool Revalidated(long begun)
    {
        Action[] waiting;
        lock (_lock)
        {
            if (_time.GetElapsedTime(begun) > Allowance)
                return false;
            Volatile.Write(ref _renewedAt, begun);
            Volatile.Write(ref _shut, false);
            waiting = [.. _waiting];
            _waiting.Clear();
        }
        foreach (var callback in waiting)
            callback();
        return true;
    }

    /// <summary>
    /// Calls back once when the gate opens. Only a gate found shut by its asker may be waited for: it counts as shut from then on,
    /// so that nobody can pass before the epochs were read anew.
    /// </summary>
    public void WhenOpen(Action callback)
    {
        lock (_lock)
        {
            if (!IsOpen)
            {
                Volatile.Write(ref _shut, true);
                _waiting.Add(callback);
                return;
            }
        }
        callback();
    }

    /// <summary>Takes back <see cref="WhenOpen"/>.</summary>
    public void Forget(Action callback)
    {
        lock (_lock)
            _waiting.Remove(callback);
    }
}
