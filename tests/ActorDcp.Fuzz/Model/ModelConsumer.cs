using System.Buffers;
using System.Buffers.Binary;
using ActorDcp.Client;
using ActorDcp.Persistence;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Fuzz.Model;

/// <summary>
/// One vbucket's consumer, made of what decides in the product: queue, decoder and position of the client; cursors, boundaries,
/// rollback plan and history of the vbucket actor. Only the order in which the actor asks them is repeated here.
/// </summary>
internal sealed class ModelConsumer : IDisposable
{
    private static readonly VBucketId VBucket = VBucketId.From(0);
    private static readonly OwnershipEpoch Epoch = new(1);

    private readonly ModelVBucket _vbucket;
    private readonly Random _random;
    private readonly PlantedFault _fault;
    private readonly bool _filtered;
    private readonly ModelClock _clock;
    private readonly ConnectionBuffers _buffers = new(window: 0);
    private readonly FlowControlLedger _ledger = new(window: 0, parked: null, TimeProvider.System, static _ => { });
    private (StreamOffset Offset, RetainedBoundaries Boundaries) _row = (StreamOffset.Beginning, RetainedBoundaries.None);
    private CheckpointSource _progress;
    private VBucketHistory _history = VBucketHistory.Empty;
    private VBucketHistory? _lastFactMayBeLost;
    private bool _toldRollback;
    private ModelRequest? _misread;
    private RetainedBoundaries _loose = RetainedBoundaries.None;

    internal ModelConsumer(ModelVBucket vbucket, Random random, PlantedFault fault, bool filtered)
    {
        (_vbucket, _random, _fault, _filtered) = (vbucket, random, fault, filtered);
        _clock = new ModelClock(random);
        _progress = Own();
    }

    internal ModelSink Sink { get; } = new();

    /// <summary>What is wrong; null while nothing is.</summary>
    internal string? Failure { get; private set; }

    internal Dictionary<RollbackReason, int> Rollbacks { get; } = [];

    internal int Requests { get; private set; }

    /// <summary>Whether changes may be lost without a trace and be noticed: not while more was handled than the position says.</summary>
    internal bool HandledExactly { get; private set; } = true;

    /// <summary>Whether a purge that passes the position makes the producer refuse it: a position above 0 is durable, or nothing was handled.</summary>
    internal bool CanBeToldOfPurges => Sink.IsEmpty || (_row.Offset.Seqno > Seqno.Zero && _progress.Handled.Seqno > Seqno.Zero);

    /// <summary>Makes the position durable.</summary>
    internal void Checkpoint()
    {
        var (offset, boundaries, _) = _progress.Sample();
        _row = (offset, boundaries);
    }

    /// <summary>The owner dies; another goes on from the row and the journal.</summary>
    internal void Crash()
    {
        if (_lastFactMayBeLost is { } before && _random.Next(2) == 0)
            _history = before;
        _lastFactMayBeLost = null;
        _toldRollback = false;
        _misread = null;
        HandledExactly = false;
        _progress = Own();
        if (_history.PendingRollback is { } pending)
            TellAndMove(pending);
    }

    /// <summary>Opens a stream and follows it for a while or to its end.</summary>
    /// <returns>False when something is wrong.</returns>
    internal bool Follow(bool toTheEnd, Action between)
    {
        if (!Open(out var request))
            return false;
        _misread = null;
        var stream = new ModelStream(_vbucket, request, _random, _filtered);
        var from = _progress.Handled;
        var position = new StreamPosition(
            VBucket, _fault == PlantedFault.ShorterSnapshotAfterResume ? StreamOffset.Boundary(from.Uuid, from.Seqno) : from, _history.Log.NewestUuid);
        var decoder = new BatchDecoder(position, _buffers, _ledger, collections: true, trustSnappyBit: true);
        var queue = new FrameQueue(_buffers);
        byte[]? last = null;
        try
        {
            foreach (var message in stream.Messages(toTheEnd, between))
            {
                if (!toTheEnd && _random.Next(12) == 0)
                    break;
                Add(queue, message);
                last = message;
                if (_random.Next(6) == 0 && !Take(queue, decoder, toTheEnd))
                    break;
            }
            // what arrived before the connection was lost can still be taken, or is dropped
            if (Failure is null && (toTheEnd || _random.Next(3) > 0))
                Take(queue, decoder, toTheEnd);
        }
        finally
        {
            _ledger.Release(queue.Clear(out _));
        }
        HandledExactly &= !_progress.Progress.HandledAbovePosition;
        NoteMisreading(last);
        return Failure is null && IsWholeWhereItSaysSo();
    }

    public void Dispose() => _ledger.Dispose();

    private CheckpointSource Own() => new(VBucket, Epoch, _row.Offset, _row.Boundaries, _clock);

    private void Add(FrameQueue queue, byte[] message)
    {
        var header = FrameHeader.Read(message);
        if (header.Opcode == Opcode.DcpSnapshotMarker)
        {
            queue.AddMarker(message);
            return;
        }
        var charge = FlowControlCharge.Of(header);
        _ledger.Charge(charge);
        queue.AddEvent(message, charge);
    }

    /// <summary>Hands on what is queued.</summary>
    /// <returns>False when the handler left off in the middle, or something is wrong.</returns>
    private bool Take(FrameQueue queue, BatchDecoder decoder, bool all)
    {
        while (queue.Take(DcpStream.MaxBatchEvents, DcpStream.MaxBatchBytes) is { } chunks)
        {
            var fault = decoder.Decode(chunks, Epoch, out var batch);
            if (batch is not null)
            {
                var count = all || _random.Next(4) > 0 ? batch.Count : _random.Next(batch.Count + 1);
                HandleInParts(batch, count);
                var whole = count == batch.Count;
                batch.Release();
                if (!whole || Failure is not null)
                    return false;
            }
            if (fault is not null)
            {
                Failure = $"a legal stream is refused: {fault.Message}";
                return false;
            }
        }
        return true;
    }

    private void HandleInParts(DcpBatch batch, int count)
    {
        for (int first = 0, end; first < count; first = end)
        {
            end = first + 1 + _random.Next(count - first);
            for (var i = first; i < end; i++)
                Sink.Handle(batch[i]);
            _progress.Progress.Handled(batch, first, end);
            if (_random.Next(8) == 0)
                Checkpoint();
            var handled = _progress.Handled;
            if (_fault == PlantedFault.BoundaryWithinSnapshot && handled.Seqno > Seqno.Zero)
                _loose = _loose.Add(new RetainedBoundary(handled.Uuid, handled.Seqno, _clock.GetUtcNow()), _clock.GetUtcNow());
            if (!IsWholeWhereItSaysSo())
                return;
        }
    }

    private bool IsWholeWhereItSaysSo()
    {
        var handled = _progress.Handled;
        return !handled.IsBoundary || !HandledExactly || IsWhole(handled.Seqno.Value);
    }

    /// <summary>At a boundary the consumer has what the producer had there; what was purged since cannot be compared.</summary>
    internal bool IsWhole(ulong seqno)
    {
        if (seqno < _vbucket.PurgeSeqno)
            return true;
        var mine = Sink.Documents(seqno);
        var theirs = _vbucket.Documents(seqno).Where(document => !_filtered || document.Key < ModelStream.VisibleKeys).ToDictionary();
        if (mine.Count == theirs.Count && mine.All(document => theirs.GetValueOrDefault(document.Key) == document.Value))
            return true;
        Failure = $"at {seqno} has {string.Join(' ', mine.OrderBy(each => each.Key))}, the producer {string.Join(' ', theirs.OrderBy(each => each.Key))}";
        return false;
    }

    private bool Open(out ModelRequest request)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            request = RequestFrom(_progress.Handled);
            Requests++;
            var answer = _vbucket.Answer(request);
            if (answer is { IsAccept: false, IsRollback: false })
            {
                Failure = $"illegal request {request} to a vbucket at {_vbucket.High}";
                return false;
            }
            var fresh = new FailoverLog(_vbucket.Log.Select(entry => new FailoverLogEntry(new VBucketUuid(entry.Uuid), new Seqno(entry.Seqno))));
            if (answer.IsRollback)
                GoBackBy(RollbackPlan.Decide(new RollbackQuestion(
                    _progress.Handled, new Seqno(answer.RollbackTo), _progress.Handled.Seqno, _history.Log,
                    _fault == PlantedFault.BoundaryWithinSnapshot ? _loose : _progress.Boundaries, fresh,
                    new Seqno(_vbucket.High))), answer.RollbackTo, fresh);
            else if (!IsLostBranchTold(fresh))
                return true;
        }
        request = default;
        Failure = "rolled back without end";
        return false;
    }

    // as the actor does on an accepted request: the lost branch first, then the fact
    private bool IsLostBranchTold(FailoverLog fresh)
    {
        var brokeOff = _fault != PlantedFault.NoNoticeAfterABrokenOffSnapshot && _progress.Progress.HandledAbovePosition;
        if ((!_toldRollback || brokeOff) && _fault != PlantedFault.NoNoticeOfALostBranch
            && RollbackPlan.ForLostBranch(_progress.Handled, _history.Log, fresh, _progress.Boundaries) is { } lost)
        {
            GoBackBy(lost, lost.Resume.Seqno.Value, fresh);
            return true;
        }
        var knowsNoBranch = _history.Log.IsEmpty && _progress.Handled.Uuid.IsNone;
        _lastFactMayBeLost = knowsNoBranch ? null : _history;
        _history = _history.Apply(new VBucketFact.StreamOpened(Epoch, _clock.GetUtcNow(), fresh, _progress.Handled));
        return false;
    }

    private ModelRequest RequestFrom(StreamOffset offset)
    {
        var output = new ArrayBufferWriter<byte>();
        DcpRequests.WriteStreamReq(output, VBucket, 1, flags: 0, offset, Seqno.Max, default);
        var extras = output.WrittenSpan[FrameHeader.Size..];
        var request = new ModelRequest(
            BinaryPrimitives.ReadUInt64BigEndian(extras[8..]), BinaryPrimitives.ReadUInt64BigEndian(extras[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(extras[32..]), BinaryPrimitives.ReadUInt64BigEndian(extras[40..]));
        if (_fault == PlantedFault.WrongUuid)
            request = request with { Uuid = _vbucket.Log[0].Uuid };
        if (_misread is { } misread && misread.Start == request.Start)
            request = request with { SnapStart = misread.SnapStart, SnapEnd = misread.SnapEnd };
        return request;
    }

    private void GoBackBy(RollbackPlan plan, ulong answer, FailoverLog fresh)
    {
        Rollbacks[plan.Reason] = Rollbacks.GetValueOrDefault(plan.Reason) + 1;
        if (_fault == PlantedFault.ResumeAtTheAnswer && answer > 0)
            plan = plan with { Resume = StreamOffset.Boundary(fresh.UuidAtOrBelow(new Seqno(answer)), new Seqno(answer)) };
        var fact = plan.Fact(Epoch, _clock.GetUtcNow());
        _history = _history.Apply(fact);
        _lastFactMayBeLost = null;
        if (_random.Next(16) == 0)
            Crash();
        else
            TellAndMove(fact);
    }

    private void TellAndMove(VBucketFact.RolledBack recorded)
    {
        var rollback = _history.PendingRollback ?? recorded;
        Sink.GoBackTo(rollback.To.Value);
        HandledExactly = true;
        if (_random.Next(16) == 0)
        {
            Crash();
            return;
        }
        _toldRollback = true;
        _progress.MovedTo(rollback.Position);
        if (_fault != PlantedFault.NoCheckpointAtRollback)
            Checkpoint();
        _history = _history.Apply(new VBucketFact.RollbackAcknowledged(Epoch, _clock.GetUtcNow(), rollback.To));
    }

    // the planted misreadings of what came last
    private void NoteMisreading(byte[]? last)
    {
        if (last is null)
            return;
        var (opcode, start) = ((Opcode)last[1], _progress.Handled.Seqno.Value);
        var fields = last.AsSpan(FrameHeader.Size + (last[4] == 1 ? 1 : 0));
        if (_fault == PlantedFault.MarkerAppliedEarly && opcode == Opcode.DcpSnapshotMarker)
            _misread = new ModelRequest(start, 0, BinaryPrimitives.ReadUInt64BigEndian(fields), BinaryPrimitives.ReadUInt64BigEndian(fields[8..]));
        if (_fault == PlantedFault.AdvancedTakenForTheEnd && opcode == Opcode.DcpSeqnoAdvanced
            && BinaryPrimitives.ReadUInt64BigEndian(fields) == start)
            _progress.MovedTo(StreamOffset.Boundary(_progress.Handled.Uuid, _progress.Handled.Seqno));
    }
}
