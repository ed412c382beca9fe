using System.Buffers.Binary;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;

namespace ActorDcp.Client;

/// <summary>
/// The receiving end of one open stream on a connection. Its opaque is its incarnation. The connection's read loop adds frames,
/// one taker at a time takes batches.
/// </summary>
public sealed class DcpStream : IDcpBatchSource
{
    /// <summary>Most events of one batch.</summary>
    public const int MaxBatchEvents = 4096;

    /// <summary>Most bytes of one batch, unless a single frame is larger.</summary>
    public const int MaxBatchBytes = 4 * 1024 * 1024;

    private const int SecondSeqnoOffset = 8;

    private readonly Lock _gate = new();
    private readonly DcpConnection _connection;
    private readonly FlowControlLedger _ledger;
    private readonly FrameQueue _queue;
    private BatchDecoder? _decoder;
    private Action? _whenAvailable;
    private StreamEnding? _ending;
    private BatchLease? _inWork;
    private bool _dropping;
    private bool _outOfOrder;
    private ulong _receivedSeqno;

    internal DcpStream(DcpConnection connection, StreamRequest request, uint opaque, ushort? streamId)
    {
        _connection = connection;
        _ledger = connection.Ledger;
        _queue = new FrameQueue(connection.Buffers);
        Request = request;
        Opaque = opaque;
        StreamId = streamId;
        _receivedSeqno = request.From.Seqno.Value;
    }

    /// <summary>The opaque of the stream request, which every frame of this incarnation carries.</summary>
    public uint Opaque { get; }

    /// <summary>What was asked for.</summary>
    public StreamRequest Request { get; }

    /// <inheritdoc/>
    public VBucketId VBucket => Request.VBucket;

    /// <inheritdoc/>
    public StreamEnding? Ending
    {
        get
        {
            lock (_gate)
                return _queue.Events == 0 ? _ending : null;
        }
    }

    /// <inheritdoc/>
    public Seqno ReceivedSeqno => new(Volatile.Read(ref _receivedSeqno));

    /// <inheritdoc/>
    public long QueuedBytes
    {
        get
        {
            lock (_gate)
                return _queue.Bytes;
        }
    }

    /// <summary>Whether nothing more arrives; what arrived may still wait for its taker.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
                return _ending is not null;
        }
    }

    /// <summary>Bytes of the window that what is queued and the batch in work hold.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate)
                return _queue.Charge + (Volatile.Read(ref _inWork)?.WindowCharge ?? 0);
        }
    }

    /// <summary>Id of the stream where several a vbucket may be open; else null.</summary>
    internal ushort? StreamId { get; }

    /// <summary>Read loop only: whether frames were added since the last signal.</summary>
    internal bool IsTouched { get; set; }

    /// <inheritdoc/>
    public bool TryTake(OwnershipEpoch epoch, out DcpBatch batch)
    {
        batch = null!;
        FrameChunk? chunks;
        lock (_gate)
        {
            chunks = _queue.Take(MaxBatchEvents, MaxBatchBytes);
            DropLooseMarker();
        }
        if (chunks is null)
            return false;
        var fault = _decoder!.Decode(chunks, epoch, out var decoded);
        if (decoded is not null)
            Volatile.Write(ref _inWork, (BatchLease)decoded.Lease!);
        if (fault is not null)
            Fail(fault);
        batch = decoded!;
        return decoded is not null;
    }

    /// <inheritdoc/>
    public void WhenAvailable(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_gate)
        {
            if (!IsAvailable)
            {
                _whenAvailable = callback;
                return;
            }
            _whenAvailable = null;
        }
        callback();
    }

    /// <summary>
    /// Moves what is queued and the batch in work from the connection's window to its parked budget, so that other streams can go on.
    /// It can still be taken and is used as before.
    /// </summary>
    /// <returns>False when the budget had no room for all of it, or the connection has none.</returns>
    public bool TryMoveToParked()
    {
        lock (_gate)
            return _queue.TryMoveToParked(_ledger) & (Volatile.Read(ref _inWork)?.TryPark() ?? true);
    }

    /// <summary>Drops what is queued of a stream that has ended: it will have to be asked for again.</summary>
    /// <returns>Bytes that were dropped.</returns>
    /// <exception cref="InvalidOperationException">The stream is open.</exception>
    public long DropQueued()
    {
        long charge, parked;
        lock (_gate)
        {
            if (_ending is null)
                throw new InvalidOperationException($"the stream of vbucket {VBucket} is open: what comes next would leave a gap");
            charge = _queue.Clear(out parked);
            Volatile.Write(ref _receivedSeqno, (_decoder?.TakenSeqno ?? Request.From.Seqno).Value);
        }
        _ledger.Release(charge);
        _ledger.ReturnParked(parked);
        Signal();
        return charge + parked;
    }

    /// <summary>Lets nothing more in; what is queued can still be taken.</summary>
    /// <returns>False when the stream has ended, or is inside an out-of-order snapshot: it could not be resumed from what arrived.</returns>
    internal bool TryStopIntake()
    {
        lock (_gate)
        {
            if (_ending is not null || _outOfOrder)
                return false;
            _ending = new StreamEnding.Parked();
            DropLooseMarker();
        }
        Signal();
        return true;
    }

    /// <summary>The producer accepted the request: from now on batches can be taken.</summary>
    internal void Accept(FailoverLog log, bool collections, bool trustSnappyBit)
    {
        var uuid = log.IsEmpty ? Request.From.Uuid : log.NewestUuid;
        var position = new StreamPosition(VBucket, Request.From, uuid);
        _decoder = new BatchDecoder(position, _connection.Buffers, _ledger, collections, trustSnappyBit);
    }

    /// <summary>Read loop only: takes a charged frame.</summary>
    internal void Add(ReadOnlySpan<byte> frame, in FrameHeader header, int charge)
    {
        lock (_gate)
        {
            if (!_dropping && _ending is null)
            {
                switch (header.Opcode)
                {
                    case Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration or Opcode.DcpSystemEvent or Opcode.DcpPrepare
                        or Opcode.DcpSeqnoAdvanced or Opcode.DcpCommit or Opcode.DcpAbort or Opcode.DcpOsoSnapshot:
                        NoteSeqno(frame, header);
                        if (header.Opcode == Opcode.DcpOsoSnapshot)
                            _outOfOrder = !_outOfOrder;
                        _queue.AddEvent(frame, charge);
                        return;
                    case Opcode.DcpSnapshotMarker:
                        _queue.AddMarker(frame);
                        break;
                    case Opcode.DcpStreamEnd:
                        _ending = new StreamEnding.ByProducer(StreamEndMessage.Read(Frame.Read(frame)).Reason);
                        DropLooseMarker();
                        break;
                }
            }
        }
        // what becomes no event is done with: a marker must not keep a small window shut
        _ledger.Release(charge);
    }

    /// <summary>Calls back whoever waits, when there is something to wait for.</summary>
    internal void Signal()
    {
        Action? callback;
        lock (_gate)
        {
            if (!IsAvailable)
                return;
            callback = _whenAvailable;
            _whenAvailable = null;
        }
        callback?.Invoke();
    }

    /// <summary>Ends the stream unless it has ended; what is queued stays or is dropped.</summary>
    internal void End(StreamEnding ending, bool dropQueued)
    {
        long charge = 0, parked = 0;
        lock (_gate)
        {
            _ending ??= ending;
            _dropping |= dropQueued;
            if (dropQueued)
                charge = _queue.Clear(out parked);
            DropLooseMarker();
        }
        _ledger.Release(charge);
        _ledger.ReturnParked(parked);
        Signal();
    }

    // queued, or ended: then either events are left to take or the ending is visible
    private bool IsAvailable => _queue.Events > 0 || _ending is not null;

    // a marker that no event will follow
    private void DropLooseMarker()
    {
        if (_ending is not null && _queue.Events == 0)
            _queue.Clear(out _);
    }

    private void Fail(ProtocolException fault)
    {
        lock (_gate)
            _ending = null;
        End(new StreamEnding.ConnectionLost(fault), dropQueued: true);
        _connection.Close(fault);
    }

    private void NoteSeqno(ReadOnlySpan<byte> frame, in FrameHeader header)
    {
        var extras = frame.Slice(FrameHeader.Size + header.FramingExtrasLength, header.ExtrasLength);
        if (header.Opcode is Opcode.DcpCommit or Opcode.DcpAbort)
            extras = extras.Length < SecondSeqnoOffset ? default : extras[SecondSeqnoOffset..];
        if (extras.Length < sizeof(ulong))
            return;
        var seqno = BinaryPrimitives.ReadUInt64BigEndian(extras);
        if (seqno > _receivedSeqno)
            Volatile.Write(ref _receivedSeqno, seqno);
    }
}
