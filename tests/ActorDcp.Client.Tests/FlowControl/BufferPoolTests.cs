namespace ActorDcp.Client.Tests.FlowControl;

public sealed class BufferPoolTests
{
    private readonly BufferPool<byte[]> _pool = new(
        smallest: 1024, largest: 64 * 1024, mostKept: 128 * 1024, static size => new byte[size], static buffer => buffer.Length);

    [Fact]
    public void What_one_load_needed_does_not_keep_out_what_another_needs()
    {
        Return(Rent(2, 64 * 1024));
        var small = Rent(100, 1024);
        Return(small);

        var again = Rent(100, 1024);

        Assert.Equal(small.Length, again.Intersect(small).Count());
    }

    [Fact]
    public void Unused_buffers_stay_within_their_bound()
    {
        var all = Rent(40, 64 * 1024).Concat(Rent(200, 1024)).Concat(Rent(3, 100 * 1024)).ToArray();
        Assert.Equal(all.Sum(buffer => (long)buffer.Length), _pool.RentedElements);

        foreach (var buffer in all)
        {
            _pool.Return(buffer);
            Assert.InRange(_pool.Kept, 0, 128 * 1024);
        }

        Assert.Equal(0, _pool.Rented);
        Assert.Equal(0, _pool.RentedElements);
        Assert.InRange(_pool.Kept, 64 * 1024, 128 * 1024);
    }

    [Fact]
    public void A_buffer_larger_than_the_bound_drives_no_other_out()
    {
        var pool = new BufferPool<byte[]>(
            smallest: 1024, largest: 64 * 1024, mostKept: 32 * 1024, static size => new byte[size], static buffer => buffer.Length);
        pool.Return(pool.Rent(1024, "test"));

        pool.Return(pool.Rent(64 * 1024, "test"));

        Assert.Equal(1024, pool.Kept);
    }

    [Fact]
    public void A_buffer_larger_than_what_is_kept_is_made_to_measure()
    {
        var large = _pool.Rent(100_000, "large");

        Assert.Equal(100_000, large.Length);
        _pool.Return(large);
        Assert.Equal(0, _pool.Kept);
    }

    private byte[][] Rent(int count, int size) => [.. Enumerable.Range(0, count).Select(_ => _pool.Rent(size, "test"))];

    private void Return(IEnumerable<byte[]> buffers)
    {
        foreach (var buffer in buffers)
            _pool.Return(buffer);
    }
}
