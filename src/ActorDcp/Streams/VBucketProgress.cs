using ActorDcp.Client;
using ActorDcp.Persistence;

namespace ActorDcp.Streams;

/// <summary>How far a vbucket is, at one instant.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Epoch">Its owner's epoch.</param>
/// <param name="Handled">Position after the last handled event: what a checkpoint stores.</param>
/// <param name="Reached">Largest seqno of anything handled: above the position only inside an out-of-order snapshot.</param>
/// <param name="Received">Last seqno that arrived.</param>
/// <param name="High">Larger of what was polled and what was received.</param>
/// <param name="Events">Events handled since the owner took over.</param>
/// <param name="Bytes">Bytes on the wire of those events.</param>
/// <param name="LastProgressAt">When something was handled last; when the owner took over if nothing was.</param>
/// <param name="InHandlerFor">For how long the handler has had the batch in work, pauses before retries included; null when it has none.</param>
internal readonly record struct VBucketProgressSample(
    VBucketId VBucket,
    OwnershipEpoch Epoch,
    StreamOffset Handled,
    Seqno Reached,
    Seqno Received,
    Seqno High,
    long Events,
    long Bytes,
    DateTimeOffset LastProgressAt,
    TimeSpan? InHandlerFor)
{
    /// <summary>Changes known of and not handled yet.</summary>
    public ulong Lag => High > Handled.Seqno ? High.Value - Handled.Seqno.Value : 0;
}

/// <summary>
/// The cursors of one vbucket under one owner. Its graph is the only writer, once a batch; timers read whole samples from any
/// thread.
/// </summary>
internal sealed class VBucketProgress
{
    /// <summary>Boundaries kept between two reads; the oldest go first. More than is retained of a minute (design section 5).</summary>
    public const int MaxBoundaries = 64;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Queue<RetainedBoundary> _boundaries = new();
    private IDcpBatchSource? _source;
    private StreamOffset _handled;
    private Seqno _reached;
    private Seqno _highest;
    private Seqno _received;
    private Seqno _high;
    private long _events;
    private long _bytes;
    private DateTimeOffset _lastProgressAt;
    private long _inHandlerSince;

    public VBucketProgress(VBucketId vbucket, OwnershipEpoch epoch, StreamOffset start, TimeProvider time)
    {
        VBucket = vbucket;
        Epoch = epoch;
        _time = time;
        _handled = start;
        _reached = start.Seqno;
        _highest = start.Seqno;
        _received = start.Seqno;
        _lastProgressAt = time.GetUtcNow();
    }

    public VBucketId VBucket { get; }

    public OwnershipEpoch Epoch { get; }

    /// <summary>
    /// Timestamp (<see cref="TimeProvider.GetTimestamp"/>) at which the handler first got the batch in work; 0 when there is none. A
    /// handler that fails is waited for until its batch is done with.
    /// </summary>
    public long InHandlerSince => Volatile.Read(ref _inHandlerSince);

    /// <summary>
    /// Whether events above the position were handled, of an out-of-order snapshot that is not whole yet, by whichever stream.
    /// </summary>
    public bool HandledAbovePosition
    {
        get
        {
            lock (_lock)
                return _highest > _handled.Seqno;
        }
    }

    /// <summary>The stream that is read from now on.</summary>
    public void Attach(IDcpBatchSource source)
    {
        lock (_lock)
        {
            // what was received and not handled, or handled of a broken-off out-of-order snapshot, comes again
            _received = _handled.Seqno;
            _source = source;
            _reached = _handled.Seqno;
        }
    }

    /// <summary>The handler has a batch, or has it again.</summary>
    public void HandedOver()
    {
        if (_inHandlerSince == 0)
            Volatile.Write(ref _inHandlerSince, _time.GetTimestamp());
    }

    /// <summary>The batch is done with.</summary>
    public void CameBack() => Volatile.Write(ref _inHandlerSince, 0);

    /// <summary>Everything of the batch below <paramref name="end"/> is handled; up to <paramref name="first"/> it was before.</summary>
    /// <returns>Bytes on the wire of what was handled.</returns>
    public long Handled(DcpBatch batch, int first, int end)
    {
        var offset = end == batch.Count ? batch.EndOffset : batch.OffsetAfter(batch[end - 1]);
        var bytes = batch.WireBytes(first, end - first);
        var reached = offset.Seqno == batch[end - 1].Seqno ? offset.Seqno : batch.HighestSeqno(first, end - first);
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            Retain(batch, offset, now);
            _handled = offset;
            _reached = Seqno.Larger(_reached, reached);
            _highest = Seqno.Larger(_highest, reached);
            _events += end - first;
            _bytes += bytes;
            _lastProgressAt = now;
        }
        return bytes;
    }

    /// <summary>The vbucket went back, or on; delivery resumes above the position. Not while a graph runs.</summary>
    public void MovedTo(StreamOffset position)
    {
        lock (_lock)
        {
            _handled = position;
            _reached = position.Seqno;
            _highest = position.Seqno;
            _received = position.Seqno;
            _high = position.Seqno;
            _source = null;
            _boundaries.Clear();
        }
    }

    /// <summary>A poll found this high seqno, by the stream's filter.</summary>
    public void ReportHigh(Seqno polled)
    {
        lock (_lock)
            _high = polled;
    }

    /// <summary>All cursors of one instant.</summary>
    public VBucketProgressSample Sample()
    {
        lock (_lock)
        {
            var received = Received();
            var since = InHandlerSince;
            return new VBucketProgressSample(
                VBucket, Epoch, _handled, _reached, received, Seqno.Larger(_high, received), _events, _bytes, _lastProgressAt,
                since == 0 ? null : _time.GetElapsedTime(since));
        }
    }

    /// <summary>Moves the boundaries that were completed since the last call to a list, oldest first.</summary>
    public void TakeBoundaries(ICollection<RetainedBoundary> into)
    {
        lock (_lock)
        {
            while (_boundaries.TryDequeue(out var boundary))
                into.Add(boundary);
        }
    }

    private Seqno Received()
    {
        var received = _source is null ? _received : Seqno.Larger(_received, _source.ReceivedSeqno);
        return Seqno.Larger(received, _handled.Seqno);
    }

    private void Retain(DcpBatch batch, in StreamOffset offset, DateTimeOffset now)
    {
        foreach (var boundary in batch.CompletedBoundaries)
        {
            if (boundary <= _handled.Seqno || boundary > offset.Seqno)
                continue;
            if (_boundaries.Count == MaxBoundaries)
                _boundaries.Dequeue();
            _boundaries.Enqueue(new RetainedBoundary(batch.Uuid, boundary, now));
        }
    }
}
