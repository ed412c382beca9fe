using System.Buffers;

namespace ActorDcp.Producer.Connections;

/// <summary>Bytes on their way to a socket: one pooled array, rented with the first byte, that grows for a large frame and shrinks again when emptied.</summary>
internal sealed class OutputBuffer(int standardSize) : IBufferWriter<byte>, IDisposable
{
    // a peer that says little costs little
    private const int FirstSize = 2 * 1024;
    private byte[] _buffer = [];

    public int Length { get; private set; }

    /// <summary>Bytes rented.</summary>
    public int Capacity => _buffer.Length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(Length);
    }

    public void Clear()
    {
        Length = 0;
        if (_buffer.Length <= standardSize * 4)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(standardSize);
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Reserve(int size)
    {
        var needed = Length + Math.Max(size, 1);
        if (needed <= _buffer.Length)
            return;
        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(needed, FirstSize));
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(_buffer.Length * 2, 1 << 26)));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
