using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Fuzz.Frames;

/// <summary>Damages a frame in place, in ways that get past the first check as well as in ways that do not.</summary>
internal sealed class FrameMutator(Random random)
{
    private const int MostAdded = 24;
    private const int BodyLengthOffset = 8;

    private static readonly ulong[] Extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, long.MaxValue, ulong.MaxValue];

    private readonly byte[] _buffer = new byte[64 * 1024];

    internal byte[] Buffer => _buffer;

    /// <summary>Copies a frame into the buffer and damages it up to three times.</summary>
    /// <returns>Its bytes.</returns>
    internal int Mutate(byte[] frame)
    {
        frame.CopyTo(_buffer, 0);
        var length = frame.Length;
        for (var count = random.Next(1, 4); count > 0; count--)
            length = MutateOnce(length);
        return length;
    }

    private int MutateOnce(int length)
    {
        switch (random.Next(8))
        {
            case 0:
                _buffer[random.Next(length)] ^= (byte)(1 << random.Next(8));
                return length;
            case 1:
                _buffer[random.Next(length)] = (byte)random.Next(256);
                return length;
            case 2:
                // beyond the magic, header fields decide most
                _buffer[random.Next(1, FrameHeader.Size)] = (byte)random.Next(256);
                return length;
            case 3:
                WriteExtreme(length);
                return length;
            case 4 when length > FrameHeader.Size:
                return WithBodyLength(random.Next(FrameHeader.Size, length));
            case 5 when length > FrameHeader.Size:
                return Remove(length);
            case 6:
                // the bytes of the header stay as they are, so a part of the frame is missing
                return length > FrameHeader.Size ? random.Next(FrameHeader.Size, length) : length;
            default:
                return Insert(length);
        }
    }

    private void WriteExtreme(int length)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, Extremes[random.Next(Extremes.Length)]);
        var size = 1 << random.Next(4);
        if (size < length)
            number[^size..].CopyTo(_buffer.AsSpan(random.Next(length - size)));
    }

    private int Remove(int length)
    {
        var at = random.Next(FrameHeader.Size, length);
        var count = Math.Min(random.Next(1, MostAdded), length - at);
        _buffer.AsSpan(at + count, length - at - count).CopyTo(_buffer.AsSpan(at));
        return WithBodyLength(length - count);
    }

    private int Insert(int length)
    {
        var at = random.Next(FrameHeader.Size, length + 1);
        var count = random.Next(1, MostAdded);
        _buffer.AsSpan(at, length - at).CopyTo(_buffer.AsSpan(at + count));
        random.NextBytes(_buffer.AsSpan(at, count));
        return WithBodyLength(length + count);
    }

    private int WithBodyLength(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(BodyLengthOffset), length - FrameHeader.Size);
        return length;
    }
}
