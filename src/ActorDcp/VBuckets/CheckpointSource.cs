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

    public (StreamOffset Offset, RetainedBoundaries Boundaries) Sample()
    {
        lock (_lock)
        {
            // boundaries first: a batch handled in between then adds to the next sample, never a boundary above the offset
            _taken.Clear();
            Progress.TakeBoundaries(_taken);
            var now = _time.GetUtcNow();
            foreach (var boundary in _taken)
                _boundaries = _boundaries.Add(boundary, now);
            return (Progress.Sample().Handled, _boundaries);
        }
    }

    public void Saved(StreamOffset offset)
    {
        lock (_lock)
            _saved = offset;
    }

    /// <summary>Not while a graph runs.</summary>
    public void WentBackTo(StreamOffset position)
    {
        lock (_lock)
        {
            Progress.WentBackTo(position);
            _boundaries = _boundaries.TruncatedTo(position.Seqno);
        }
    }
}
