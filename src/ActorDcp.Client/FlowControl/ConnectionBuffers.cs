using System.Runtime.CompilerServices;

namespace ActorDcp.Client;

/// <summary>The memory that a connection's queues and batches hold.</summary>
internal sealed class ConnectionBuffers
{
    private const long MostKeptBytes = 16 * 1024 * 1024;
    private const long MostKeptEvents = 64 * 1024;
    private const int SmallestEvents = 4;

    /// <summary>Frames, in chunks.</summary>
    internal BufferPool<byte> Chunks { get; } = new(FrameChunk.SmallestSize, FrameChunk.LargestPooledSize, MostKeptBytes);

    /// <summary>Decoded events.</summary>
    internal BufferPool<DcpEvent> Events { get; } = new(SmallestEvents, DcpStream.MaxBatchEvents, MostKeptEvents);

    /// <summary>Bytes of all that is held.</summary>
    internal long PinnedBytes => Chunks.RentedElements + Events.RentedElements * Unsafe.SizeOf<DcpEvent>();

    /// <summary>Arrays that are held.</summary>
    internal long Rented => Chunks.Rented + Events.Rented;
}
