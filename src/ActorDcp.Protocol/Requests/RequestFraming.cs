using System.Buffers.Binary;

namespace ActorDcp.Protocol.Requests;

/// <summary>Writes framing entries of requests (dcp-reference.md 1.4). Each method returns the bytes it took; entries may follow each other.</summary>
public static class RequestFraming
{
    /// <summary>Bytes of a stream id entry.</summary>
    public const int StreamIdLength = 3;

    /// <summary>Bytes of a durability entry with a timeout.</summary>
    public const int MaxDurabilityLength = 4;

    private const int MaxDurabilityTimeoutMilliseconds = 65534;

    /// <summary>u8 0x22; u16 stream id.</summary>
    public static int WriteStreamId(Span<byte> destination, ushort streamId)
    {
        destination[0] = (int)RequestFramingId.StreamId << 4 | sizeof(ushort);
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], streamId);
        return StreamIdLength;
    }

    /// <summary>u8 0x11 or 0x13; u8 level; u16 timeout in milliseconds where one is given.</summary>
    /// <param name="destination">At least <see cref="MaxDurabilityLength"/> bytes.</param>
    /// <param name="level">1 majority; 2 majority and persisted on the active; 3 persisted by a majority.</param>
    /// <param name="timeout">1 ms to 65,534 ms; null for the server's default.</param>
    public static int WriteDurability(Span<byte> destination, byte level, TimeSpan? timeout)
    {
        destination[1] = level;
        if (timeout is not { } limit)
        {
            destination[0] = (int)RequestFramingId.Durability << 4 | 1;
            return 2;
        }
        var milliseconds = limit.TotalMilliseconds;
        if (milliseconds is < 1 or > MaxDurabilityTimeoutMilliseconds)
            throw new ArgumentOutOfRangeException(nameof(timeout), limit, "a durability timeout lies between 1 ms and 65534 ms");
        destination[0] = (int)RequestFramingId.Durability << 4 | 3;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)milliseconds);
        return MaxDurabilityLength;
    }

    /// <summary>u8 0x50: keep the document's expiry.</summary>
    public static int WritePreserveTtl(Span<byte> destination)
    {
        destination[0] = (int)RequestFramingId.PreserveTtl << 4;
        return 1;
    }
}
