using ActorDcp.Protocol.Values;

namespace ActorDcp.Client;

/// <summary>
/// The chunks, events, inflated values and window bytes of one batch. Returned exactly once, on any thread; values are read by
/// the batch's one user. There is one a batch, so it is its own lock: nobody else sees it.
/// </summary>
internal sealed class BatchLease(
    ConnectionBuffers buffers, FlowControlLedger ledger, FrameChunk first, BatchRoom room, bool trustSnappyBit)
    : IDcpBatchLease, IDcpValueReader
{
    private const int Held = 0;
    private const int Released = 1;
    private const int Abandoned = 2;

    private DcpValueReader? _reader;
    private long _charge;
    private long _parked;
    private int _state;

    /// <inheritdoc/>
    public long Charge
    {
        get
        {
            lock (this)
                return _charge + _parked;
        }
    }

    /// <summary>Bytes of the window that the batch holds now.</summary>
    internal long WindowCharge
    {
        get
        {
            lock (this)
                return _state == Held ? _charge : 0;
        }
    }

    /// <inheritdoc/>
    public IDcpValueReader Detached => trustSnappyBit ? DcpValueReader.Unpooled : DcpValueReader.UnpooledWithoutValues;

    /// <summary>Events in use, whose references must not outlive the lease.</summary>
    internal int EventCount { get; set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadBody(in DcpEvent change) =>
        NeedsNothing(change, Datatype.Snappy | Datatype.Xattr) ? change.Value : Reader.ReadBody(change);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadInflated(in DcpEvent change) =>
        NeedsNothing(change, Datatype.Snappy) ? change.Value : Reader.ReadInflated(change);

    /// <inheritdoc/>
    public void Release()
    {
        // a handler that comes back after its lease was given up finds nothing to return
        if (!TryLeave(Released))
            return;
        buffers.Return(first);
        room.Clear(EventCount);
        buffers.Events.Return(room);
        _reader?.Reset();
        ReturnCharge();
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        if (!TryLeave(Abandoned))
            return;
        for (FrameChunk? chunk = first; chunk is not null; chunk = chunk.Next)
            buffers.Chunks.Forget(chunk);
        buffers.Events.Forget(room);
        _reader?.Abandon();
        ReturnCharge();
    }

    /// <summary>Moves what it holds of the window to the parked budget; false when that has no room.</summary>
    internal bool TryPark()
    {
        lock (this)
        {
            if (_state != Held || _charge == 0)
                return true;
            if (!ledger.MoveToParked(_charge))
                return false;
            _parked += _charge;
            _charge = 0;
            return true;
        }
    }

    internal void Add(long charge, long parked)
    {
        _charge += charge;
        _parked += parked;
    }

    private DcpValueReader Reader => _reader ??= new DcpValueReader(trustSnappyBit);

    private static bool NeedsNothing(in DcpEvent change, Datatype bits) => (change.Datatype & bits) == 0 || change.Value.IsEmpty;

    private bool TryLeave(int next)
    {
        int was;
        lock (this)
        {
            was = _state;
            if (was == Held)
                _state = next;
        }
        if (was == Released)
            ledger.CountDoubleReturn();
        return was == Held;
    }

    private void ReturnCharge()
    {
        ledger.Release(_charge);
        ledger.ReturnParked(_parked);
    }
}
