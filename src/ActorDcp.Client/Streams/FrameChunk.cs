namespace ActorDcp.Client;

/// <summary>A run of whole frames of one stream, one after the other. Written by the read loop until a taker detaches it.</summary>
internal sealed class FrameChunk(byte[] buffer)
{
    /// <summary>Bytes of the first chunk of a queue; each further one is twice as large.</summary>
    internal const int SmallestSize = 1024;

    /// <summary>Bytes of the largest chunk that frames share.</summary>
    internal const int LargestSize = 64 * 1024;

    /// <summary>Frames from this size on get a chunk of their own.</summary>
    internal const int LargeFrame = 4096;

    /// <summary>
    /// Bytes of the largest chunk that a pool keeps: one for the largest document. A new one for each large document costs several
    /// times what is read, in collections of the whole heap and in pages that the system hands out anew.
    /// </summary>
    internal const int LargestPooledSize = 32 * 1024 * 1024;

    internal byte[] Buffer { get; } = buffer;

    /// <summary>Bytes in use.</summary>
    internal int Length { get; set; }

    /// <summary>Frames that become events.</summary>
    internal int Events { get; set; }

    /// <summary>Bytes of the window that the frames hold.</summary>
    internal long Charge { get; set; }

    /// <summary>Bytes of the parked budget that the frames hold.</summary>
    internal long ParkedCharge { get; set; }

    internal FrameChunk? Next { get; set; }

    internal bool HasRoomFor(int bytes) => Buffer.Length - Length >= bytes;

    internal void Append(ReadOnlySpan<byte> frame)
    {
        frame.CopyTo(Buffer.AsSpan(Length));
        Length += frame.Length;
    }

    internal void Clear()
    {
        Length = Events = 0;
        Charge = ParkedCharge = 0;
        Next = null;
    }
}
