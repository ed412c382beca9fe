using ActorDcp.Persistence;
using ActorDcp.Streams;

namespace ActorDcp.VBuckets;

/// <summary>
/// What the offset writer samples of one vbucket under one epoch: the handled position and the boundaries retained up to it.
/// The graph writes the cursor, the offset writer folds new boundaries in, the vbucket actor reads and rolls back.
/// </summary>
internal sealed class CheckpointSource : ICheckpointSource
{
    private readonly Lock _lock = new();
    private readonly List<RetainedBoundary> _taken = [];
    private readonly TimeProvider _time;
    private RetainedBoundaries _boundaries;
    private StreamOffset _saved;
    private long _mark;
    private long _lastMark;

    public CheckpointSource(VBucketId vbucket, OwnershipEpoch epoch, StreamOffset start, RetainedBoundaries boundaries, TimeProvider time)
    {
        Progress = new VBucketProgress(vbucket, epoch, start, time);
        _boundaries = boundaries;
        _saved = start;
        _time = time;
    }

    public VBucketProgress Progress { get; }

    public StreamOffset Handled => Progress.Sample().Handled;

    /// <summary>The position last made durable; for status.</summary>
    public Seqno Checkpointed
    {
        get
        {
            lock (_lock)
                return _saved.Seqno;
        }
    }

    public RetainedBoundaries Boundaries => Sample().Boundaries;

    /// <summary>Makes every save from now on tell the next owner to read the journal first.</summary>
    /// <returns>What <see cref="OffsetWriterProtocol.CheckpointSaved.Mark"/> says once that is durable.</returns>
    public long Mark()
    {
        lock (_lock)
            return _mark = ++_lastMark;
    }

    /// <summary>The row alone says enough again.</summary>
    public void Unmark()
    {
        lock (_lock)
            _mark = 0;
    }

    public (StreamOffset Offset, RetainedBoundaries Boundaries, long Mark) Sample()
    {
        lock (_lock)
        {
            // boundaries first: a batch handled in between then adds to the next sample, never a boundary above the offset
            _taken.Clear();
            Progress.TakeBoundaries(_taken);
            var now = _time.GetUtcNow();
            foreach (var boundary in _taken)
                _boundaries = _boundaries.Add(boundary, now);
            return (Progress.Sample().Handled, _boundaries, _mark);
        }
    }

    public void Saved(StreamOffset offset)
    {
        lock (_lock)
            _saved = offset;
    }

    /// <summary>Not while a graph runs.</summary>
    public void MovedTo(StreamOffset position)
    {
        lock (_lock)
        {
            Progress.MovedTo(position);
            _boundaries = _boundaries.TruncatedTo(position.Seqno);
        }
    }
}
