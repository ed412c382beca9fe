using System.Buffers;

namespace ActorDcp.Handlers.JsonLines;

/// <summary>Bytes written one after the other into an array of the shared pool, which is rented at the first byte and returned by <see cref="Clear"/>.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 16 * 1024;

    private byte[] _array = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _array.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(Length);
    }

    public void Clear()
    {
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        Length = 0;
    }

    private void Reserve(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 256);
        if (needed <= _array.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, InitialSize), checked(Length * 2)));
        Written.Span.CopyTo(larger);
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
