using System.Diagnostics;

namespace ActorDcp.Client;

/// <summary>
/// What a connection owes its node (dcp-reference.md 4.1): every charged frame is counted when it is decoded, and its bytes are
/// acknowledged once they are released, in sums. Thread-safe.
/// </summary>
/// <remarks>
/// Between 0 and window plus one frame is unacknowledged at any time, as long as the node keeps to the window.
/// Unacknowledged = held by batches and queues + released but not yet sent.
/// </remarks>
public sealed class FlowControlLedger : IDisposable
{
    // bytes withheld below the threshold are acknowledged after this time, so that nothing is withheld for ever
    private static readonly TimeSpan IdleDelay = TimeSpan.FromMilliseconds(25);

    private readonly Action<uint> _acknowledge;
    private readonly ITimer _idle;
    private readonly long _threshold;
    private long _received;
    private long _released;
    private long _acknowledged;
    private long _acknowledgements;
    private long _largestCharge;
    private long _overruns;
    private long _doubleReturns;
    private int _idleArmed;
    private int _stopped;

    internal FlowControlLedger(int window, ParkedBudget? parked, TimeProvider time, Action<uint> acknowledge)
    {
        Window = window;
        ParkedBudget = parked;
        _threshold = Math.Max(1, window / 4);
        _acknowledge = acknowledge;
        _idle = time.CreateTimer(static state => ((FlowControlLedger)state!).OnIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Bytes that the node may have outstanding; 0 when flow control is off.</summary>
    public int Window { get; }

    /// <summary>Bytes that arrived and that the node was not told to be free.</summary>
    public long Unacknowledged
    {
        get
        {
            // acknowledged first: it never overtakes received
            var acknowledged = Interlocked.Read(ref _acknowledged);
            return Interlocked.Read(ref _received) - acknowledged;
        }
    }

    /// <summary>Bytes of the window that queues and batches hold.</summary>
    public long Held
    {
        get
        {
            var released = Interlocked.Read(ref _released);
            return Interlocked.Read(ref _received) - released;
        }
    }

    /// <summary>Bytes charged since the connection was opened.</summary>
    public long TotalReceived => Interlocked.Read(ref _received);

    /// <summary>Bytes acknowledged since the connection was opened.</summary>
    public long TotalAcknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>BUFFER_ACK messages sent.</summary>
    public long Acknowledgements => Interlocked.Read(ref _acknowledgements);

    /// <summary>Bytes held outside windows in this connection's parked budget, which others may share; 0 without one.</summary>
    public long Parked => ParkedBudget?.Used ?? 0;

    /// <summary>Bytes of the largest charge so far.</summary>
    public long LargestCharge => Interlocked.Read(ref _largestCharge);

    /// <summary>How often the node sent although the window was full.</summary>
    public long Overruns => Interlocked.Read(ref _overruns);

    /// <summary>How often something was to be returned twice. Never credited; a fault of ours.</summary>
    public long DoubleReturns => Interlocked.Read(ref _doubleReturns);

    internal ParkedBudget? ParkedBudget { get; }

    /// <summary>Counts a frame. Only the read loop calls this.</summary>
    internal void Charge(int bytes)
    {
        // single writer: plain reads of what only the read loop changes
        if (Window > 0 && _received - Volatile.Read(ref _acknowledged) >= Window)
            _overruns++;
        if (bytes > _largestCharge)
            Volatile.Write(ref _largestCharge, bytes);
        Volatile.Write(ref _received, _received + bytes);
    }

    /// <summary>Gives bytes back to the node, now or with the next sum.</summary>
    internal void Release(long bytes)
    {
        if (bytes == 0)
            return;
        var withheld = Interlocked.Add(ref _released, bytes) - Interlocked.Read(ref _acknowledged);
        if (Window == 0)
            AcknowledgeNothing();
        else if (withheld >= _threshold)
            Acknowledge(_threshold);
        else if (Volatile.Read(ref _idleArmed) == 0 && Interlocked.Exchange(ref _idleArmed, 1) == 0)
            ArmIdle();
    }

    /// <summary>Moves held bytes out of the window into the parked budget; false when that is spent or missing.</summary>
    internal bool MoveToParked(long bytes)
    {
        if (ParkedBudget is null || !ParkedBudget.TryReserve(bytes))
            return false;
        Release(bytes);
        return true;
    }

    internal void ReturnParked(long bytes) => ParkedBudget?.Return(bytes);

    internal void CountDoubleReturn()
    {
        Interlocked.Increment(ref _doubleReturns);
        ThrowInDebug();
    }

    internal void Stop()
    {
        Volatile.Write(ref _stopped, 1);
        _idle.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    [Conditional("DEBUG")]
    private static void ThrowInDebug() => throw new InvalidOperationException("a batch was returned twice");

    private void Acknowledge(long atLeast)
    {
        while (Volatile.Read(ref _stopped) == 0)
        {
            var acknowledged = Interlocked.Read(ref _acknowledged);
            var due = Math.Min(Interlocked.Read(ref _released) - acknowledged, uint.MaxValue);
            if (due < atLeast)
                return;
            if (Interlocked.CompareExchange(ref _acknowledged, acknowledged + due, acknowledged) != acknowledged)
                continue;
            Interlocked.Increment(ref _acknowledgements);
            _acknowledge((uint)due);
            return;
        }
    }

    // without flow control nothing is sent, but the books stay balanced
    private void AcknowledgeNothing()
    {
        var acknowledged = Interlocked.Read(ref _acknowledged);
        Interlocked.CompareExchange(ref _acknowledged, Interlocked.Read(ref _released), acknowledged);
    }

    private void ArmIdle()
    {
        try
        {
            _idle.Change(IdleDelay, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // closed: nobody is owed anything any more
        }
    }

    private void OnIdle()
    {
        // whole before what was released is read: who releases meanwhile either is seen here or arms anew
        Interlocked.Exchange(ref _idleArmed, 0);
        Acknowledge(1);
    }
}
