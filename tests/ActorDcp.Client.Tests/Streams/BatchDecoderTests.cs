using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Streams;

/// <summary>What a stream's batches share, one after the other, and what they never share.</summary>
public sealed class BatchDecoderTests : IDisposable
{
    private const uint Opaque = 7;
    private const int VBucket = 3;
    private const int EventsOfABatch = 10;

    private readonly ConnectionBuffers _buffers = new(window: 0);
    private readonly FlowControlLedger _ledger = new(0, parked: null, TimeProvider.System, _ => { });
    private readonly FrameQueue _queue;
    private readonly BatchDecoder _decoder;
    private ulong _seqno;

    public BatchDecoderTests()
    {
        _queue = new FrameQueue(_buffers);
        var position = new StreamPosition(new VBucketId(VBucket), StreamOffset.Beginning, new VBucketUuid(0xabc));
        _decoder = new BatchDecoder(position, _buffers, _ledger, collections: true, trustSnappyBit: true);
        _queue.AddMarker(Wire.Marker(Opaque, VBucket, 0, uint.MaxValue));
    }

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public void A_batch_that_was_released_before_the_next_begins_costs_no_memory()
    {
        Decode(Queued()).Release();
        var allocated = 0L;
        for (var i = 0; i < 100; i++)
        {
            var chunk = Queued();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Decode(chunk).Release();
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

#if DEBUG
        // the list of what is rented
        Assert.InRange(allocated, 0, 100 * 400);
#else
        Assert.Equal(0, allocated);
#endif
    }

    [Fact]
    public void A_released_batch_is_empty_and_the_next_one_begins_unhandled()
    {
        var first = Decode(Queued());
        first.HandledThrough(new Seqno(EventsOfABatch));
        first.Release();
        var leftOf = first.Count;

        var second = Decode(Queued());

        Assert.Equal(0, leftOf);
        Assert.Equal(0, second.HandledCount);
        Assert.Equal(EventsOfABatch, second.Count);
        Assert.Equal(new Seqno(EventsOfABatch + 1), second[0].Seqno);
        Assert.Equal(new Seqno(2 * EventsOfABatch), second.EndOffset.Seqno);
    }

    [Fact]
    public void Batches_held_together_are_two()
    {
        var first = Decode(Queued());
        var second = Decode(Queued());
        first.Release();
        var third = Decode(Queued());

        Assert.Equal(new Seqno(EventsOfABatch + 1), second[0].Seqno);
        Assert.Equal(new Seqno(2 * EventsOfABatch + 1), third[0].Seqno);
    }

    [Fact]
    public void An_abandoned_batch_can_be_read_for_ever()
    {
        var abandoned = Decode(Queued());
        abandoned.Abandon();

        for (var i = 0; i < 3; i++)
            Decode(Queued()).Release();
        abandoned.Release();

        Assert.Equal(EventsOfABatch, abandoned.Count);
        Assert.Equal(new Seqno(1), abandoned[0].Seqno);
        Assert.Equal("k"u8.ToArray(), abandoned[0].Key.ToArray());
        Assert.Equal(0, _ledger.DoubleReturns);
    }

    private FrameChunk Queued()
    {
        for (var i = 0; i < EventsOfABatch; i++)
        {
            var frame = Wire.Mutation(Opaque, VBucket, ++_seqno, valueLength: 32);
            _ledger.Charge(frame.Length);
            _queue.AddEvent(frame, frame.Length);
        }
        return _queue.Take(int.MaxValue, long.MaxValue)!;
    }

    private DcpBatch Decode(FrameChunk chunk)
    {
        Assert.Null(_decoder.Decode(chunk, Taker.Epoch, out var batch));
        return batch!;
    }
}
