using ActorDcp.Protocol.Values;

namespace ActorDcp.Client;

/// <summary>
/// A stream's batch with its chunks, events, inflated values and window bytes; of one after the other. The batch returns them exactly
/// once, on any thread; values are read by the batch's one user. It is its own lock: nobody outside the stream sees it.
/// </summary>
internal sealed class BatchLease(ConnectionBuffers buffers, FlowControlLedger ledger, bool trustSnappyBit)
    : IDcpBatchLease, IDcpValueReader
{
    private DcpBatch? _batch;
    private DcpValueReader? _reader;
    private FrameChunk? _chunks;
    private BatchRoom? _room;
    private long _charge;
    private long _parked;
    private bool _inUse;

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
                return _charge;
        }
    }

    /// <inheritdoc/>
    public IDcpValueReader Detached => trustSnappyBit ? DcpValueReader.Unpooled : DcpValueReader.UnpooledWithoutValues;

    /// <summary>Events in use, whose references must not outlive the batch.</summary>
    internal int EventCount { get; set; }

    /// <summary>Takes on a batch.</summary>
    /// <returns>False while the last one is not returned, and for ever once one was abandoned.</returns>
    internal bool TryBegin(FrameChunk first, BatchRoom room)
    {
        lock (this)
        {
            if (_inUse)
                return false;
            _inUse = true;
            _chunks = first;
            _room = room;
            EventCount = 0;
            for (FrameChunk? chunk = first; chunk is not null; chunk = chunk.Next)
            {
                _charge += chunk.Charge;
                _parked += chunk.ParkedCharge;
            }
            return true;
        }
    }

    /// <summary>The batch that the lease has taken on, still to be filled: the same object each time.</summary>
    internal DcpBatch Batch(StreamPosition position, OwnershipEpoch epoch)
    {
        var events = _room!.Events;
        if (_batch is null)
            _batch = new DcpBatch(position.VBucket, epoch, position.Uuid, position.ManifestUid, events, 0, [], 0, [], this, this);
        else
            _batch.Reuse(epoch, position.ManifestUid, events);
        return _batch;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadBody(in DcpEvent change) =>
        NeedsNothing(change, Datatype.Snappy | Datatype.Xattr) ? change.Value : Reader.ReadBody(change);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadInflated(in DcpEvent change) =>
        NeedsNothing(change, Datatype.Snappy) ? change.Value : Reader.ReadInflated(change);

    /// <inheritdoc/>
    public void Release()
    {
        var (charge, parked) = TakeCharge();
        buffers.Return(_chunks);
        _room!.Clear(EventCount);
        buffers.Events.Return(_room);
        _reader?.Reset();
        _chunks = null;
        _room = null;
        // the stream's next batch may begin from here on
        lock (this)
            _inUse = false;
        ReturnCharge(charge, parked);
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        var (charge, parked) = TakeCharge();
        for (var chunk = _chunks; chunk is not null; chunk = chunk.Next)
            buffers.Chunks.Forget(chunk);
        buffers.Events.Forget(_room!);
        _reader?.Abandon();
        ReturnCharge(charge, parked);
    }

    /// <inheritdoc/>
    public void CountDoubleReturn() => ledger.CountDoubleReturn();

    /// <summary>Moves what it holds of the window to the parked budget; false when that has no room.</summary>
    internal bool TryPark()
    {
        lock (this)
        {
            if (_charge == 0)
                return true;
            if (!ledger.MoveToParked(_charge))
                return false;
            _parked += _charge;
            _charge = 0;
            return true;
        }
    }

    private DcpValueReader Reader => _reader ??= new DcpValueReader(trustSnappyBit);

    private static bool NeedsNothing(in DcpEvent change, Datatype bits) => (change.Datatype & bits) == 0 || change.Value.IsEmpty;

    private (long Charge, long Parked) TakeCharge()
    {
        lock (this)
        {
            var taken = (_charge, _parked);
            _charge = _parked = 0;
            return taken;
        }
    }

    private void ReturnCharge(long charge, long parked)
    {
        ledger.Release(charge);
        ledger.ReturnParked(parked);
    }
}
