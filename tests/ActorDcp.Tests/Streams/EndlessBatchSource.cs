using ActorDcp.Client;

namespace ActorDcp.Tests.Streams;

/// <summary>Always has a batch ready, over the same events, until its last seqno, where it ends.</summary>
internal sealed class EndlessBatchSource(VBucketId vbucket, int eventsABatch, ulong last) : IDcpBatchSource, IDcpBatchLease
{
    private static readonly StreamEnding End = new StreamEnding.ByProducer(StreamEndReason.Ok);

    private readonly DcpEvent _template = TestBatches.Mutation(1);
    private readonly DcpEvent[] _events = new DcpEvent[eventsABatch];
    private ulong _next = 1;
    private int _released;

    public VBucketId VBucket => vbucket;

    public StreamEnding? Ending => _next > last ? End : null;

    public Seqno ReceivedSeqno => new(last);

    public long QueuedBytes => 0;

    public int Released => Volatile.Read(ref _released);

    public bool TryTake(OwnershipEpoch epoch, out DcpBatch batch)
    {
        batch = null!;
        if (_next > last)
            return false;
        var run = new SnapshotRun(0, new StreamSnapshot(new Seqno(_next), new Seqno(_next + (ulong)eventsABatch - 1)));
        for (var i = 0; i < eventsABatch; i++)
            _events[i] = _template with { Index = i, Seqno = new Seqno(_next++) };
        batch = new DcpBatch(vbucket, epoch, FakeBatchSource.Uuid, 0, _events, eventsABatch, [run], 1, [], reader: null, this);
        return true;
    }

    public void WhenAvailable(Action callback)
    {
        // until the end there is always something
    }

    public void Release() => Interlocked.Increment(ref _released);
}
