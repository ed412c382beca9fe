using System.Buffers;

namespace ActorDcp.Client;

/// <summary>The receive buffer of one read loop. Never leased out. Not thread-safe.</summary>
internal sealed class ReceiveBuffer(int normalSize) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(normalSize);
    private int _start;
    private int _end;

    /// <summary>Bytes received and not consumed.</summary>
    internal int Length => _end - _start;

    /// <summary>Bytes of memory held.</summary>
    internal int Capacity => _bytes.Length;

    internal ReadOnlySpan<byte> Received => _bytes.AsSpan(_start, Length);

    /// <summary>Where the next read goes; never empty.</summary>
    internal Memory<byte> Free => _bytes.AsMemory(_end);

    internal void Filled(int count) => _end += count;

    /// <summary>Drops what was read and makes room for the rest of the frame that is not whole.</summary>
    /// <param name="count">Bytes that are done with.</param>
    /// <param name="needed">Bytes of the frame that is not whole yet; 0 when not even its header is.</param>
    internal void Consume(int count, int needed)
    {
        _start += count;
        var wanted = Math.Max(needed, normalSize);
        if (wanted > _bytes.Length || (_bytes.Length > 2 * normalSize && wanted <= normalSize))
        {
            Move(wanted);
        }
        else if (_start == _end)
        {
            _start = _end = 0;
        }
        // a frame is not whole for long: moving its part to the front is cheaper than a short read
        else if (_start > 0 && (needed > _bytes.Length - _start || _bytes.Length - _end < normalSize / 2))
        {
            Received.CopyTo(_bytes);
            (_start, _end) = (0, Length);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _start = _end = 0;
    }

    private void Move(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, Length));
        Received.CopyTo(larger);
        (_start, _end) = (0, Length);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
