using System.Runtime.CompilerServices;

namespace ActorDcp;

/// <summary>
/// A run of events of one vbucket in seqno order, with the snapshot markers that belong to them. Valid until it is released,
/// which happens when its handler is done with it: keep nothing of it longer, or take <see cref="ToOwned"/>. Not thread-safe.
/// </summary>
public sealed class DcpBatch
{
    private readonly IDcpValueReader? _reader;
    private DcpEvent[] _events;
    private SnapshotRun[] _runs = [];
    private PlacedMarker[] _markers = [];
    private ManifestChange[] _manifests = [];
    private int _runCount;
    private int _handledCount;

    /// <summary>
    /// A batch of <paramref name="count"/> events from an array that the lease owns; runs say which snapshot each belongs to.
    /// Is the array still to be filled (its events name this batch), <paramref name="count"/> is 0 and <see cref="Seal"/> follows.
    /// </summary>
    internal DcpBatch(
        VBucketId vbucket, OwnershipEpoch epoch, VBucketUuid uuid, ulong manifestUid, DcpEvent[] events, int count,
        SnapshotRun[] runs, int runCount, PlacedMarker[] markers, IDcpValueReader? reader, IDcpBatchLease? lease)
    {
        VBucket = vbucket;
        Epoch = epoch;
        Uuid = uuid;
        ManifestUid = manifestUid;
        _events = events;
        _reader = reader;
        Lease = lease;
        Seal(count, runs, runCount, markers, FindManifests(events.AsSpan(0, count)));
    }

    /// <summary>The vbucket.</summary>
    public VBucketId VBucket { get; }

    /// <summary>Epoch of the owner that delivers the batch; a sink may refuse a lower one than it has seen.</summary>
    public OwnershipEpoch Epoch { get; }

    /// <summary>Branch of history the events belong to.</summary>
    public VBucketUuid Uuid { get; }

    /// <summary>Collections manifest known before the first event.</summary>
    public ulong ManifestUid { get; }

    /// <summary>Number of events.</summary>
    public int Count { get; private set; }

    /// <summary>The snapshot markers that arrived among the events.</summary>
    public ReadOnlySpan<PlacedMarker> Markers => _markers;

    /// <summary>An event.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such event.</exception>
    public DcpEvent this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _events[index];
        }
    }

    /// <summary>The position after the last event.</summary>
    public StreamOffset EndOffset => OffsetAfter(_events[Count - 1]);

    internal IDcpBatchLease? Lease { get; }

    /// <summary>Bytes on the wire of some of the events, headers included.</summary>
    internal long WireBytes(int first, int count)
    {
        var bytes = 0L;
        for (var i = first; i < first + count; i++)
            bytes += _events[i].WireBytes;
        return bytes;
    }

    /// <summary>The largest seqno of some of the events; the last one's, except inside an out-of-order snapshot.</summary>
    internal Seqno HighestSeqno(int first, int count)
    {
        if (!IsOutOfOrder(first, first + count - 1))
            return _events[first + count - 1].Seqno;
        var highest = Seqno.Zero;
        for (var i = first; i < first + count; i++)
            highest = Seqno.Larger(highest, _events[i].Seqno);
        return highest;
    }

    /// <summary>
    /// Index of the first event that is not handled yet. Never moves into an out-of-order snapshot, where a seqno does not say
    /// what came before it.
    /// </summary>
    internal int HandledCount => _handledCount;

    /// <summary>
    /// The seqnos, ascending, at which a snapshot became fully received with an event of this batch: consistent points to go
    /// back to after a rollback (dcp-reference.md 4.4).
    /// </summary>
    internal BoundaryEnumerator CompletedBoundaries => new(this);

    /// <summary>The last of <see cref="CompletedBoundaries"/>; null when there is none.</summary>
    internal Seqno? LastCompletedBoundary
    {
        get
        {
            for (var i = _runCount - 1; i >= 0; i--)
                if (CompletedBy(i) is { } boundary)
                    return boundary;
            return null;
        }
    }

    /// <summary>Bytes of the connection's window, or of the parked budget, that the batch holds until it is released.</summary>
    internal long Charge => Lease?.Charge ?? 0;

    /// <summary>Enumerates the events without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>
    /// Says that everything up to a seqno is handled, so that after an error only what follows is tried again. Saying a lower
    /// seqno than before changes nothing.
    /// </summary>
    public void HandledThrough(Seqno seqno)
    {
        var count = _handledCount;
        while (count < Count && _events[count].Seqno <= seqno && _runs[RunOf(count)].Fixed is null)
            count++;
        _handledCount = count;
    }

    /// <summary>
    /// The position of a consumer that handled everything up to and including this event: what an effectively-once handler
    /// stores in its own transaction. Inside an out-of-order snapshot it stays at the snapshot's beginning.
    /// </summary>
    public StreamOffset OffsetAfter(in DcpEvent change)
    {
        ref readonly var run = ref _runs[RunOf(change.Index)];
        if (run.Fixed is { } position)
            return position.Offset;
        return new StreamOffset(Uuid, change.Seqno, SnapshotAt(change.Seqno, run.Snapshot), ManifestAt(change.Index)) { PurgeSeqno = run.PurgeSeqno };
    }

    /// <summary>Says what the array that the batch was made over holds, once its maker has filled it.</summary>
    internal void Seal(int count, SnapshotRun[] runs, int runCount, PlacedMarker[] markers, ManifestChange[] manifests)
    {
        Count = count;
        _runs = runs;
        _runCount = runCount;
        _markers = markers;
        _manifests = manifests;
    }

    /// <summary>Gives back memory and window. The batch and its events must not be used any more.</summary>
    internal void Release()
    {
        Detach();
        Lease?.Release();
    }

    /// <summary>
    /// Gives back the window but leaves the memory to the garbage collector: for a batch whose handler never came back and may
    /// still read it.
    /// </summary>
    internal void Abandon() => Lease?.Abandon();

    /// <summary>The event's body: inflated, without extended attributes; valid as long as the batch.</summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    public ReadOnlyMemory<byte> ReadBody(in DcpEvent change) =>
        _reader is null ? change.Value : _reader.ReadBody(change);

    /// <summary>The event's value, inflated, extended attributes included; valid as long as the batch.</summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    public ReadOnlyMemory<byte> ReadInflated(in DcpEvent change) =>
        _reader is null ? change.Value : _reader.ReadInflated(change);

    /// <summary>A copy that needs no release and lives as long as it is referenced.</summary>
    public DcpBatch ToOwned()
    {
        var events = new DcpEvent[Count];
        var copy = new DcpBatch(VBucket, Epoch, Uuid, ManifestUid, events, 0, [], 0, [], _reader?.Detached, lease: null);
        for (var i = 0; i < Count; i++)
        {
            events[i] = _events[i] with
            {
                Batch = copy,
                Key = _events[i].Key.ToArray(),
                Value = _events[i].Value.ToArray(),
            };
        }
        copy.Seal(Count, _runs.AsSpan(0, _runCount).ToArray(), _runCount, _markers, _manifests);
        return copy;
    }

    /// <summary>
    /// Some of the events as a batch of their own, over the same bytes and without a lease: valid as long as this one. For trying
    /// again what is left after an error.
    /// </summary>
    internal DcpBatch Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        var manifest = first == 0 ? ManifestUid : ManifestAt(first - 1);
        var firstRun = RunOf(first);
        var runs = _runs.AsSpan(firstRun, RunOf(first + count - 1) - firstRun + 1).ToArray();
        for (var i = 0; i < runs.Length; i++)
            runs[i] = runs[i] with { FirstIndex = Math.Max(0, runs[i].FirstIndex - first) };
        var last = first + count == Count;
        var markers = Array.FindAll(_markers, marker => marker.Index >= first && (last || marker.Index < first + count));
        for (var i = 0; i < markers.Length; i++)
            markers[i] = markers[i] with { Index = markers[i].Index - first };
        var events = new DcpEvent[count];
        var slice = new DcpBatch(VBucket, Epoch, Uuid, manifest, events, 0, [], 0, [], _reader, lease: null);
        for (var i = 0; i < count; i++)
            events[i] = _events[first + i] with { Batch = slice, Index = i };
        slice.Seal(count, runs, runs.Length, markers, FindManifests(events));
        return slice;
    }

    // SEQNO_ADVANCED below the snapshot's end keeps the snapshot; at or past it the snapshot is complete. A producer takes a position
    // at its snapshot's start for one that has nothing of it, and accepts it whatever the branch lost of the rest (4.4)
    private static StreamSnapshot SnapshotAt(Seqno seqno, StreamSnapshot snapshot)
    {
        if (seqno >= snapshot.End)
            return StreamSnapshot.At(seqno);
        return seqno == snapshot.Start && seqno > Seqno.Zero
            ? new StreamSnapshot(new Seqno(seqno.Value - 1), snapshot.End)
            : snapshot;
    }

    private void Detach()
    {
        if (Lease is null)
            return;
        // a use after release must not see another batch's events
        Count = 0;
        _events = [];
    }

    private Seqno? CompletedBy(int run)
    {
        ref readonly var snapshot = ref _runs[run];
        var last = (run + 1 < _runCount ? _runs[run + 1].FirstIndex : Count) - 1;
        if (snapshot.Fixed is not null || last < snapshot.FirstIndex)
            return null;
        var seqno = _events[last].Seqno;
        return seqno >= snapshot.Snapshot.End ? seqno : null;
    }

    private bool IsOutOfOrder(int first, int last)
    {
        for (var (run, end) = (RunOf(first), RunOf(last)); run <= end; run++)
            if (_runs[run].Fixed is not null)
                return true;
        return false;
    }

    private int RunOf(int index)
    {
        int low = 0, high = _runCount - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (_runs[middle].FirstIndex <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private ulong ManifestAt(int index)
    {
        if (_manifests.Length == 0 || _manifests[0].Index > index)
            return ManifestUid;
        int low = 0, high = _manifests.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (_manifests[middle].Index <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return Math.Max(ManifestUid, _manifests[low].Uid);
    }

    private static ManifestChange[] FindManifests(ReadOnlySpan<DcpEvent> events)
    {
        List<ManifestChange>? found = null;
        var uid = 0UL;
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i].CollectionEvent is not { } collection)
                continue;
            uid = Math.Max(uid, collection.ManifestUid);
            (found ??= []).Add(new ManifestChange(i, uid));
        }
        return found?.ToArray() ?? [];
    }

    /// <summary>Enumerates <see cref="CompletedBoundaries"/> without allocating.</summary>
    internal struct BoundaryEnumerator
    {
        private readonly DcpBatch _batch;
        private int _run;

        internal BoundaryEnumerator(DcpBatch batch)
        {
            _batch = batch;
            _run = -1;
        }

        public Seqno Current { get; private set; }

        public readonly BoundaryEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (++_run < _batch._runCount)
            {
                if (_batch.CompletedBy(_run) is not { } boundary)
                    continue;
                Current = boundary;
                return true;
            }
            return false;
        }
    }

    /// <summary>Enumerator of a batch's events.</summary>
    public struct Enumerator
    {
        private readonly DcpBatch _batch;
        private int _index;

        internal Enumerator(DcpBatch batch)
        {
            _batch = batch;
            _index = -1;
        }

        /// <summary>The event the enumerator stands on.</summary>
        public readonly DcpEvent Current => _batch._events[_index];

        /// <summary>Goes to the next event.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext() => ++_index < _batch.Count;
    }
}
