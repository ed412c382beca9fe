using System.Threading.Channels;
using ActorDcp.Client;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Host.Drain;

/// <summary>
/// One vbucket of a drain: where it stands, and its turns at the writer. While a stream is open only the writer changes it; between
/// streams only the vbucket's own task does. The writer's queue is what orders the two.
/// </summary>
internal sealed class VBucketDrain
{
    private readonly ChannelWriter<VBucketDrain> _ready;
    private readonly Action _enqueue;
    private DcpStream? _stream;
    private TaskCompletionSource<StreamEnding?>? _ended;
    private RolledBack? _rollback;
    private bool _outOfOrder;
    private bool _isVouchedFor;

    public VBucketDrain(VBucketId id, StreamOffset from, Seqno until, ChannelWriter<VBucketDrain> ready)
    {
        Id = id;
        Position = from;
        Until = until;
        _ready = ready;
        _isVouchedFor = from.Seqno == Seqno.Zero;
        _enqueue = () => _ready.TryWrite(this);
        if (from.IsBoundary && from.Seqno > Seqno.Zero)
            Boundaries.Add(from.Uuid, from.Seqno);
    }

    public VBucketId Id { get; }

    /// <summary>Exactly what was written: what a resumed stream is asked to continue from.</summary>
    public StreamOffset Position { get; private set; }

    /// <summary>Last seqno wanted, inclusive.</summary>
    public Seqno Until { get; set; }

    public DrainBoundaries Boundaries { get; } = new();

    /// <summary>Log of the last stream that was opened; it vouches for everything that was written.</summary>
    public FailoverLog Accepted { get; private set; } = FailoverLog.Empty;

    /// <summary>
    /// Whether everything wanted is written, and a node has accepted where it began: a seqno from a file may lie on a branch that is dead.
    /// </summary>
    public bool IsDone => _isVouchedFor && Position.Seqno >= Until;

    /// <summary>What to ask a stream to.</summary>
    public Seqno RequestedEnd => Seqno.Larger(Until, Position.Seqno);

    /// <summary>Streams until the stream ends or the writer has enough.</summary>
    /// <returns>How the stream ended; null when the writer has enough.</returns>
    public async Task<StreamEnding?> StreamAsync(DcpStream stream, FailoverLog log, CancellationToken cancellationToken)
    {
        Accepted = log;
        _isVouchedFor = true;
        // an out-of-order snapshot that broke off begins anew, or does not come again
        _outOfOrder = false;
        _stream = stream;
        var ended = _ended = new TaskCompletionSource<StreamEnding?>(TaskCreationOptions.RunContinuationsAsynchronously);
        stream.WhenAvailable(_enqueue);
        return await ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes back. The line about it is written before anything that follows.</summary>
    public void GoBack(RollbackPlan plan)
    {
        _rollback = plan.Notice(Id, OwnershipEpoch.None);
        _outOfOrder = false;
        Position = plan.Resume;
        Accepted = plan.Log;
        Boundaries.TruncateTo(plan.Resume.Seqno);
        _enqueue();
    }

    /// <summary>Writer only: writes one batch, or finds out that the stream ended.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="quota">How many more changes of documents are wanted altogether.</param>
    /// <param name="counters">What to count in.</param>
    /// <returns>How many changes of documents were written.</returns>
    public long TakeTurn(IDrainOutput output, long quota, DrainCounters counters)
    {
        if (_rollback is { } rollback)
        {
            _rollback = null;
            output.Write(rollback);
        }
        if (_stream is not { } stream || _ended is not { Task.IsCompleted: false } ended)
            return 0;
        if (stream.TryTake(OwnershipEpoch.None, out var batch))
        {
            long items;
            try
            {
                items = Write(batch, output, quota, counters);
            }
            finally
            {
                batch.Release();
            }
            if (items >= quota)
                ended.TrySetResult(null);
            else
                stream.WhenAvailable(_enqueue);
            return items;
        }
        if (stream.Ending is not { } ending)
        {
            stream.WhenAvailable(_enqueue);
            return 0;
        }
        if (ending is StreamEnding.ByProducer byProducer)
            output.Write(Id, byProducer.Reason);
        if (ending is StreamEnding.ByProducer { Reason: StreamEndReason.Ok })
            Until = Seqno.Smaller(Until, Position.Seqno);
        ended.TrySetResult(ending);
        return 0;
    }

    private long Write(DcpBatch batch, IDrainOutput output, long quota, DrainCounters counters)
    {
        var (count, items, bytes) = Wanted(batch, quota);
        if (count == 0)
            return 0;
        output.Write(batch, count);
        var before = Position.Seqno;
        Position = batch.OffsetAfter(batch[count - 1]);
        foreach (var boundary in batch.CompletedBoundaries)
            if (boundary <= Position.Seqno)
                Boundaries.Add(batch.Uuid, boundary);
        counters.Add(items, bytes, (long)(Position.Seqno.Value - Math.Min(before.Value, Position.Seqno.Value)));
        return items;
    }

    /// <summary>How many events from the first are wanted: none above the end seqno, and no more changes than the quota.</summary>
    private (int Count, long Items, long Bytes) Wanted(DcpBatch batch, long quota)
    {
        long items = 0, bytes = 0;
        var count = 0;
        foreach (var change in batch)
        {
            // inside an out-of-order snapshot a high seqno says nothing about what follows it
            if (items == quota || (change.Seqno > Until && !_outOfOrder))
                break;
            if (change.Kind is DcpEventKind.OsoStart or DcpEventKind.OsoEnd)
                _outOfOrder = change.Kind == DcpEventKind.OsoStart;
            if (change.IsMutation || change.IsRemoval)
                items++;
            bytes += change.WireBytes;
            count++;
        }
        return (count, items, bytes);
    }
}
