using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// One vbucket on its way to one connection: a cursor that reads from disk while memory does not reach back to it, and from
/// memory's checkpoints after that (dcp-reference.md 5.5). Guarded by the connection's gate, except for the listener's calls.
/// </summary>
internal sealed partial class DcpStream : IVBucketListener
{
    private const int NotEnding = -1;
    private readonly DcpSession _session;
    private readonly VBucket _vbucket;
    private readonly StreamRequestArguments _request;
    private readonly StreamView _view;
    private CheckpointCursor? _cursor;
    private LogSlice _slice;
    private int _next;
    private bool _hasSlice;
    private MarkerContents? _marker;
    private ulong? _advanceTo;
    private ulong _position;
    private ulong _lastMarkerEnd;
    private ulong _promisedEnd;
    private bool _sentMarker;
    private bool _afterBackfill;
    private bool _diskDone;
    private bool _fromDisk;
    private bool _waitsForTurn;
    private LeftOutCount _leftOut;
    private ulong? _checkpointStart;
    private bool _closed;
    private int _scheduled;
    private int _ending = NotEnding;

    public DcpStream(DcpSession session, VBucket vbucket, StreamAddress address, StreamRequestArguments request)
    {
        _session = session;
        _vbucket = vbucket;
        _request = request;
        _view = request.View;
        _position = request.Start;
        Address = address;
        _mayBePlain = _view.ShowsAllDocuments && !address.HasStreamId;
        if (_position >= request.End)
            _ending = (int)StreamEndReason.Ok;
        if (request.IsTakeOver)
            BeginTakeOver();
    }

    public StreamAddress Address { get; }

    /// <summary>Whether it has not been told to end.</summary>
    public bool IsActive => !_closed && Volatile.Read(ref _ending) == NotEnding;

    public ulong LastSentSeqno => _position;

    public ulong LastMarkerEnd => _lastMarkerEnd;

    public ulong LastAdvance { get; private set; }

    /// <summary>Changes sent by backfills so far, and from memory.</summary>
    public long BackfilledItems { get; private set; }

    public long MemoryItems { get; private set; }

    public bool IsInBackfill => _hasSlice && _fromDisk;

    public bool HasCursor => _cursor is { Dropped: false };

    public ulong ItemsRemaining => _vbucket.HighSeqno - Math.Min(_vbucket.HighSeqno, _position);

    public ulong EndSeqno => _request.End;

    public StreamRequestArguments Request => _request;

    /// <summary>Claims the stream for the ready queue; false if it is there already.</summary>
    public bool TrySchedule() => Interlocked.Exchange(ref _scheduled, 1) == 0;

    public void OnChanged() => _session.Notify(this);

    public void OnEnded(StreamEndReason reason)
    {
        Interlocked.CompareExchange(ref _ending, (int)reason, NotEnding);
        _session.Notify(this);
    }

    public void Open() => _cursor = _vbucket.AddListener(this, _position, _session.CursorsMayBeDropped);

    /// <summary>Takes its cursor away. Nothing is sent any more.</summary>
    public void Close()
    {
        if (_closed)
            return;
        _closed = true;
        EndTakeOver();
        LeaveBackfill();
        _vbucket.RemoveListener(this, _cursor);
        _cursor = null;
    }

    /// <summary>Writes at most one message.</summary>
    public StreamStep Step(OutputBuffer output)
    {
        while (!_closed)
        {
            var ending = Volatile.Read(ref _ending);
            if (ending != NotEnding)
            {
                Close();
                DcpMessages.WriteStreamEnd(output, Address, (StreamEndReason)ending);
                return StreamStep.Ended;
            }
            if (_awaitsDisk)
                return Park() ? StreamStep.Idle : StreamStep.Sent;
            if (_byKey is not null)
            {
                WriteNextByKey(output);
                return StreamStep.Sent;
            }
            if (_hasSlice)
            {
                if (WriteNext(output))
                    return StreamStep.Sent;
                FinishSlice();
            }
            else if (AwaitsState || !TryFetch())
            {
                return !TryWriteState(output) && Park() ? StreamStep.Idle : StreamStep.Sent;
            }
        }
        return StreamStep.Ended;
    }

    private bool WriteNext(OutputBuffer output)
    {
        if (_marker is { } marker)
        {
            _marker = null;
            _sentMarker = true;
            _lastMarkerEnd = marker.End;
            DcpMessages.WriteMarker(output, Address, marker);
            return true;
        }
        if (_leftOut.IsCounted && TryAdvanceOverLeftOut(output))
            return true;
        if (TryFindShown(_slice, ref _next))
        {
            WriteChange(output, _slice.Items[_next++], _fromDisk);
            return true;
        }
        if (_advanceTo is not { } seqno)
            return false;
        _advanceTo = null;
        LastAdvance = seqno;
        DcpMessages.WriteSeqnoAdvanced(output, Address, seqno);
        return true;
    }

    /// <summary>After so many changes that the filter leaves out of a backfill, their seqno is told (dcp-reference.md 3.13).</summary>
    private bool TryAdvanceOverLeftOut(OutputBuffer output)
    {
        for (; _slice.TryFindFrom(ref _next) && !_view.Shows(_slice.Items[_next]); _next++)
        {
            var seqno = _slice.Items[_next].Seqno;
            if (!_leftOut.Add() || seqno >= _slice.SnapshotEnd)
                continue;
            _next++;
            _position = seqno;
            DcpMessages.WriteSeqnoAdvanced(output, Address, seqno);
            return true;
        }
        return false;
    }

    private void WriteChange(OutputBuffer output, StoredItem item, bool fromDisk)
    {
        CountItem(fromDisk);
        if (SyncWriteMessages.TryWrite(output, Address, item, _session, fromDisk))
        {
            _position = item.Seqno;
            return;
        }
        if (item.Kind == ItemKind.SystemEvent)
            DcpMessages.WriteSystemEvent(output, Address, item, _session.FlatSystemEvents);
        else
            ItemMessages.Write(output, Address, item, _session, fromDisk);
        _position = item.Seqno;
        if (_view.IsOverAfter(item))
            Interlocked.CompareExchange(ref _ending, (int)(_view.IsLegacy ? StreamEndReason.Ok : StreamEndReason.FilterEmpty), NotEnding);
    }

    private bool TryFindShown(in LogSlice slice, ref int index)
    {
        while (slice.TryFindFrom(ref index))
        {
            if (_view.Shows(slice.Items[index]))
                return true;
            index++;
        }
        return false;
    }

    private void FinishSlice()
    {
        var end = _slice.SnapshotEnd;
        _hasSlice = false;
        _slice = default;
        if (_fromDisk)
            LeaveBackfill();
        SkipTo(end);
    }

    /// <summary>Its turn to read from disk has come.</summary>
    public void OnTurn()
    {
        _waitsForTurn = false;
        _session.Notify(this);
    }

    private void LeaveBackfill() => _session.Backfills.Leave(this)?.OnTurn();

    private void SkipTo(ulong position)
    {
        _position = position;
        // on a replica a stream ends with the snapshot that it is in (dcp-reference.md 4.5)
        if (_position >= _promisedEnd && (_position >= _request.End || _diskDone))
            Interlocked.CompareExchange(ref _ending, (int)StreamEndReason.Ok, NotEnding);
    }

    /// <summary>Goes to sleep until the vbucket changes; false if it has changed meanwhile.</summary>
    private bool Park()
    {
        Interlocked.Exchange(ref _scheduled, 0);
        var more = Volatile.Read(ref _ending) != NotEnding || HasMore();
        return !more || !TrySchedule();
    }

    private bool HasMore() => !_waitsForTurn && !_awaitsDisk && !AwaitsState && (_request.DiskOnly
        ? _vbucket.PersistedSeqno > _position
        : _vbucket.HighSeqno > _position && (_cursor is { Dropped: false } || _vbucket.PersistedSeqno > _position));

    /// <summary>
    /// A consumer that comes back in the middle of a snapshot lacks what later changes of it replaced: its first snapshot ends no earlier.
    /// </summary>
    private ulong LeastEnd => _sentMarker || _request.Start == _request.SnapshotStart ? 0 : _request.SnapshotEnd;

    private bool TryFetch()
    {
        if (_request.DiskOnly)
            return TryFetchDisk();
        var read = _vbucket.ReadMemory(ref _cursor, _position, _promisedEnd, _session.CursorsMayBeDropped, _session.SyncWrites, LeastEnd);
        if (read.IsGap)
            return TryFetchDisk();
        // a seqno can move on without a change: then there is nothing to send, but the position moves too
        if (read.IsEmpty && read.Slice.SnapshotEnd <= _position)
            return false;
        BeginMemory(read);
        return true;
    }

    /// <summary>Marker rules of dcp-reference.md 5.5 step 4.</summary>
    private void BeginMemory(in MemoryRead read)
    {
        _fromDisk = false;
        if (TryGoOn(read.Slice))
            return;
        Begin(read.Slice);
        if (read.StartsCheckpoint)
            _checkpointStart = read.CheckpointSnapshotStart;
        var advanceTo = FindAdvance(read.Slice);
        if (!TryFindBounds(read.Slice, out var first, out var last) && advanceTo == 0)
            return;
        var startsCheckpoint = _checkpointStart is not null || _afterBackfill || !_sentMarker;
        var start = first != 0 ? first : advanceTo;
        if (!_sentMarker)
            start = _request.SnapshotStart;
        else if (_checkpointStart is { } checkpointStart)
            start = Math.Max(Math.Max(_request.SnapshotStart, checkpointStart), _lastMarkerEnd + 1);
        _afterBackfill = false;
        _checkpointStart = null;
        // what comes after the last item shown is not told of: such a snapshot ends there (10.4)
        var end = read.Slice.IsPart ? read.Slice.MarkerEnd : Math.Max(last, advanceTo);
        var kind = read.IsDisk ? MarkerFlags.Disk : MarkerFlags.Memory;
        SetMarker(start, last, end, kind | (startsCheckpoint ? MarkerFlags.Checkpoint : 0) | CountMarkerToAcknowledge());
    }

    /// <summary>Whether nothing of what is asked for is left to send: then there is no backfill (edge case 21), nor anything purged to miss.</summary>
    private bool HasAllOfItsCollection => !_sentMarker && _position > 0 && _view.Single is not null && _view.HighSeqnoOf(_vbucket) <= _position;

    /// <summary>Marker rules of dcp-reference.md 5.5 step 2.</summary>
    private bool TryFetchDisk()
    {
        var purge = _vbucket.PurgeSeqno;
        if (_position != 0 && _position + 1 <= purge && !_request.ToleratesPurge(purge) && !HasAllOfItsCollection)
        {
            OnEnded(StreamEndReason.StateChanged);
            return true;
        }
        var slice = _vbucket.ReadDisk(ref _cursor, _position, _promisedEnd, _session.CursorsMayBeDropped, LeastEnd);
        if (slice.SnapshotEnd <= _position)
        {
            if (!_request.DiskOnly || _position < _promisedEnd)
                return false;
            OnEnded(StreamEndReason.Ok);
            return true;
        }
        if (HasAllOfItsCollection)
        {
            SkipTo(slice.SnapshotEnd);
            return true;
        }
        if (!_session.Backfills.TryTake(this))
        {
            _waitsForTurn = true;
            return false;
        }
        _fromDisk = true;
        ReadFromDisk();
        if (!slice.IsPart && TryBeginByKey(slice))
            return true;
        _diskDone = _request.DiskOnly;
        if (TryGoOn(slice))
            return true;
        Begin(slice);
        _afterBackfill = true;
        var start = _sentMarker ? _position + 1 : Math.Min(_request.SnapshotStart, _position + 1);
        // everything up to the end may be purged: then only the seqno is told, to those who understand that
        if (TryFindBounds(slice, out _, out var last) || !_view.IsLegacy)
            SetMarker(start, last, slice.MarkerEnd, MarkerFlags.Disk | MarkerFlags.Checkpoint);
        return true;
    }

    /// <summary>A replica has more of the snapshot that was told of: no other marker, and what ends it unseen is told as a seqno.</summary>
    private bool TryGoOn(in LogSlice slice)
    {
        if (_position >= _promisedEnd)
            return false;
        Begin(slice);
        if (slice.SnapshotEnd == _promisedEnd && !_view.IsLegacy && (!TryFindBounds(slice, out _, out var last) || last < _promisedEnd))
            _advanceTo = _promisedEnd;
        return true;
    }

    private void Begin(in LogSlice slice)
    {
        _slice = slice;
        _next = slice.From;
        _view.Prepare(slice);
        _leftOut = new LeftOutCount(_fromDisk && !_view.IsLegacy ? _session.FilteredItemsPerSeqnoAdvanced : 0);
        _hasSlice = true;
    }

    /// <summary>A snapshot whose last changes are purged ends with SEQNO_ADVANCED where that is understood, else before them.</summary>
    private void SetMarker(ulong start, ulong last, ulong snapshotEnd, MarkerFlags flags)
    {
        var end = _view.IsLegacy && !_slice.IsPart ? last : snapshotEnd;
        if (_slice.IsPart)
            _promisedEnd = end;
        else if (end > last)
            _advanceTo = end;
        var version = _session.MarkerVersionFor(flags);
        _marker = version == MarkerVersion.V1
            ? new MarkerContents(version, start, end, flags)
            : new MarkerContents(version, start, end, flags, _vbucket.DescribeSnapshot(end));
    }

    /// <summary>The last change of a slice that is told of by its seqno alone; 0 when there is none.</summary>
    private ulong FindAdvance(in LogSlice slice)
    {
        if (!_vbucket.HasSyncWrites)
            return 0;
        for (var index = slice.To - 1; index >= slice.From; index--)
            if (_view.AdvancesOver(slice.Items[index]) && !slice.LeavesOut(index))
                return slice.Items[index].Seqno;
        return 0;
    }

    private bool TryFindBounds(in LogSlice slice, out ulong first, out ulong last)
    {
        var index = slice.From;
        first = last = 0;
        if (!TryFindShown(slice, ref index))
            return false;
        first = slice.Items[index].Seqno;
        for (index = slice.To - 1; slice.LeavesOut(index) || !_view.Shows(slice.Items[index]); index--)
        {
        }
        last = slice.Items[index].Seqno;
        return true;
    }
}
