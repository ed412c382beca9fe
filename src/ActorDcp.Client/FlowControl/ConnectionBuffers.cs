using System.Runtime.CompilerServices;

namespace ActorDcp.Client;

/// <summary>
/// The memory that a connection's queues and batches hold. What a full window needed once is kept for the next one: chunks hold at
/// most twice their frames, and under a window's worth of small documents more than that many events are rare.
/// </summary>
/// <param name="window">Bytes that the node may have outstanding; 0 without flow control.</param>
internal sealed class ConnectionBuffers(int window)
{
    private const long LeastKeptBytes = 16 * 1024 * 1024;
    private const long MostKeptBytes = 64 * 1024 * 1024;
    private const long MostKeptEvents = 128 * 1024;
    private const int SmallestEvents = 4;

    /// <summary>Frames, in chunks.</summary>
    internal BufferPool<FrameChunk> Chunks { get; } = new(
        FrameChunk.SmallestSize, FrameChunk.LargestPooledSize, Math.Clamp(2L * window, LeastKeptBytes, MostKeptBytes),
        static size => new FrameChunk(GC.AllocateUninitializedArray<byte>(size)), static chunk => chunk.Buffer.Length);

    /// <summary>Decoded events.</summary>
    internal BufferPool<BatchRoom> Events { get; } = new(
        SmallestEvents, DcpStream.MaxBatchEvents, MostKeptEvents, static size => new BatchRoom(size), static room => room.Events.Length);

    /// <summary>Bytes of all that is held.</summary>
    internal long PinnedBytes => Chunks.RentedElements + Events.RentedElements * Unsafe.SizeOf<DcpEvent>();

    /// <summary>Buffers that are held.</summary>
    internal long Rented => Chunks.Rented + Events.Rented;

    /// <summary>Takes chunks back, with those behind it.</summary>
    internal void Return(FrameChunk? first)
    {
        for (FrameChunk? chunk = first, next; chunk is not null; chunk = next)
        {
            next = chunk.Next;
            chunk.Clear();
            Chunks.Return(chunk);
        }
    }
}
