namespace ActorDcp.Client.Tests.Streams;

public sealed class FrameQueueTests
{
    private readonly ConnectionBuffers _buffers = new(window: 0);
    private readonly FrameQueue _queue;

    public FrameQueueTests() => _queue = new FrameQueue(_buffers);

    [Fact]
    public void An_empty_queue_holds_no_memory()
    {
        _queue.AddEvent(new byte[100], 100);
        _buffers.Return(_queue.Take(10, 1000)!);

        Assert.Equal(0, _buffers.Rented);
        Assert.Null(_queue.Take(10, 1000));
    }

    [Fact]
    public void Memory_held_stays_below_twice_the_bytes_and_a_smallest_chunk()
    {
        for (var i = 0; i < 2000; i++)
        {
            _queue.AddEvent(new byte[331], 331);
            Assert.InRange(_buffers.Chunks.RentedElements, _queue.Bytes, 3 * _queue.Bytes + FrameChunk.SmallestSize);
        }
        Assert.Equal(2000, _queue.Events);
    }

    [Theory]
    [InlineData(1024 * 1024)]
    [InlineData(20 * 1024 * 1024)]
    public void The_buffer_of_a_large_document_serves_the_next_one(int valueLength)
    {
        var buffers = new ConnectionBuffers(window: 20 * 1024 * 1024);
        var queue = new FrameQueue(buffers);
        var frame = new byte[valueLength + 100];
        queue.AddEvent(frame, frame.Length);
        var first = queue.Take(10, 1000)!;
        buffers.Return(first);

        queue.AddEvent(frame, frame.Length);

        Assert.Same(first, queue.Take(10, 1000));
    }

    [Fact]
    public void Markers_without_events_are_not_taken_and_do_not_pile_up()
    {
        for (var i = 0; i < 1000; i++)
            _queue.AddMarker(new byte[44]);

        Assert.Equal(44, _queue.Bytes);
        Assert.Null(_queue.Take(10, 1000));
    }

    [Fact]
    public void A_take_is_bounded_by_events_and_bytes_and_leaves_the_rest()
    {
        for (var i = 0; i < 10_000; i++)
            _queue.AddEvent(new byte[60], 60);
        var taken = 0;
        while (_queue.Take(DcpStream.MaxBatchEvents, 100_000) is { } chunks)
        {
            var bytes = 0;
            var events = 0;
            for (var chunk = chunks; chunk is not null; chunk = chunk.Next)
                (bytes, events) = (bytes + chunk.Length, events + chunk.Events);
            Assert.InRange(bytes, 1, 100_000);
            Assert.InRange(events, 1, DcpStream.MaxBatchEvents);
            taken += events;
            _buffers.Return(chunks);
        }
        Assert.Equal(10_000, taken);
        Assert.Equal(0, _buffers.Rented);
    }

    [Fact]
    public void A_large_frame_has_a_chunk_of_its_own_and_keeps_its_place()
    {
        _queue.AddEvent([1, 0, 0], 3);
        _queue.AddEvent([2, .. new byte[500_000]], 500_001);
        _queue.AddEvent([3, 0, 0], 3);

        var order = new List<byte>();
        for (var chunk = _queue.Take(100, int.MaxValue); chunk is not null; chunk = chunk.Next)
            order.Add(chunk.Buffer[0]);

        Assert.Equal([1, 2], order[..2]);
    }

    [Fact]
    public void Clearing_returns_memory_and_tells_the_charge()
    {
        for (var i = 0; i < 100; i++)
            _queue.AddEvent(new byte[331], 331);

        Assert.Equal(33_100, _queue.Clear(out var parked));

        Assert.Equal(0, parked);
        Assert.Equal(0, _buffers.Rented);
        Assert.Equal(0, _queue.Bytes);
    }
}
