using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ActorDcp;

/// <summary>
/// A run of events of one vbucket in seqno order, with the snapshot markers that belong to them. Valid until it is released,
/// which happens when its handler is done with it: keep nothing of it longer, or take <see cref="ToOwned"/>. Not thread-safe.
/// </summary>
public sealed class DcpBatch
{
    private readonly DcpEvent[] _events;
    private readonly SnapshotRun[] _runs;
    private readonly int _runCount;
    private readonly PlacedMarker[] _markers;
    private readonly IDcpValueReader? _reader;
    private Seqno _handledThrough;
    private bool _partlyHandled;

    /// <summary>The events from <paramref name="count"/> slots of an array that the lease owns; runs say which snapshot each belongs to.</summary>
    internal DcpBatch(
        VBucketId vbucket, OwnershipEpoch epoch, VBucketUuid uuid, ulong manifestUid, DcpEvent[] events, int count,
        SnapshotRun[] runs, int runCount, PlacedMarker[] markers, IDcpValueReader? reader, IDcpBatchLease? lease)
    {
        VBucket = vbucket;
        Epoch = epoch;
        Uuid = uuid;
        ManifestUid = manifestUid;
        _events = events;
        Count = count;
        _runs = runs;
        _runCount = runCount;
        _markers = markers;
        _reader = reader;
        Lease = lease;
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
    public int Count { get; }

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

    /// <summary>
    /// Index of the first event that is not handled yet. Never moves into an out-of-order snapshot, where a seqno does not say
    /// what came before it.
    /// </summary>
    internal int HandledCount
    {
        get
        {
            if (!_partlyHandled)
                return 0;
            var count = 0;
            while (count < Count && _events[count].Seqno <= _handledThrough && _runs[RunOf(count)].Fixed is null)
                count++;
            return count;
        }
    }

    /// <summary>Enumerates the events without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>
    /// Says that everything up to a seqno is handled, so that after an error only what follows is tried again. Saying a lower
    /// seqno than before changes nothing.
    /// </summary>
    public void HandledThrough(Seqno seqno)
    {
        _partlyHandled = true;
        _handledThrough = Seqno.Larger(_handledThrough, seqno);
    }

    /// <summary>
    /// The position of a consumer that handled everything up to and including this event: what an effectively-once handler
    /// stores in its own transaction. Inside an out-of-order snapshot it stays at the snapshot's beginning.
    /// </summary>
    public StreamOffset OffsetAfter(in DcpEvent change)
    {
        ref readonly var run = ref _runs[RunOf(change.Index)];
        if (run.Fixed is { } position)
            return position;
        var manifest = OffsetManifest(change.Index);
        // SEQNO_ADVANCED below the snapshot's end keeps the snapshot; at or past it the snapshot is complete (4.4)
        var snapshot = change.Seqno >= run.Snapshot.End ? StreamSnapshot.At(change.Seqno) : run.Snapshot;
        return new StreamOffset(Uuid, change.Seqno, snapshot, manifest);
    }

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
        var copy = new DcpBatch(
            VBucket, Epoch, Uuid, ManifestUid, events, Count, _runs.AsSpan(0, _runCount).ToArray(), _runCount,
            _markers, _reader, lease: null);
        for (var i = 0; i < Count; i++)
        {
            events[i] = _events[i] with
            {
                Batch = copy,
                Key = _events[i].Key.ToArray(),
                Value = _events[i].Value.ToArray(),
            };
        }
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
        var manifest = first == 0 ? ManifestUid : OffsetManifest(first - 1);
        var firstRun = RunOf(first);
        var runs = _runs.AsSpan(firstRun, RunOf(first + count - 1) - firstRun + 1).ToArray();
        for (var i = 0; i < runs.Length; i++)
            runs[i] = runs[i] with { FirstIndex = Math.Max(0, runs[i].FirstIndex - first) };
        var last = first + count == Count;
        var markers = Array.FindAll(_markers, marker => marker.Index >= first && (last || marker.Index < first + count));
        for (var i = 0; i < markers.Length; i++)
            markers[i] = markers[i] with { Index = markers[i].Index - first };
        var events = new DcpEvent[count];
        var slice = new DcpBatch(VBucket, Epoch, Uuid, manifest, events, count, runs, runs.Length, markers, _reader, lease: null);
        for (var i = 0; i < count; i++)
            events[i] = _events[first + i] with { Batch = slice, Index = i };
        return slice;
    }

    private int RunOf(int eventIndex)
    {
        var run = _runCount - 1;
        while (run > 0 && _runs[run].FirstIndex > eventIndex)
            run--;
        return run;
    }

    private ulong OffsetManifest(int lastIndex)
    {
        var manifest = ManifestUid;
        for (var i = 0; i <= lastIndex; i++)
            if (_events[i].CollectionEvent is { } collection)
                manifest = Math.Max(manifest, collection.ManifestUid);
        return manifest;
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

/// <summary>Reading an event's document.</summary>
public static class DcpEventDocument
{
    /// <summary>The body: inflated, without extended attributes; valid as long as the event's batch.</summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    public static ReadOnlyMemory<byte> ReadBody(this in DcpEvent change) =>
        change.Batch is null ? change.Value : change.Batch.ReadBody(change);

    /// <summary>The body read as JSON, straight from the batch's bytes.</summary>
    /// <exception cref="JsonException">The body is not JSON of this shape.</exception>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    public static T? ReadJson<T>(this in DcpEvent change, JsonSerializerOptions? options = null) =>
        JsonSerializer.Deserialize<T>(change.ReadBody().Span, options);
}

/// <summary>Consecutive events that share a snapshot. <see cref="Fixed"/> is set inside an out-of-order snapshot.</summary>
internal readonly record struct SnapshotRun(int FirstIndex, StreamSnapshot Snapshot, StreamOffset? Fixed = null);

/// <summary>What a batch holds of others' memory and window. Given back exactly once.</summary>
internal interface IDcpBatchLease
{
    /// <summary>Nobody uses the bytes any more: memory goes back to its pool and its charge to the window.</summary>
    void Release();

    /// <summary>Somebody may still read the bytes: only the charge goes back, the memory is left to the GC.</summary>
    void Abandon();
}
