namespace ActorDcp.Protocol;

/// <summary>Unsigned LEB128 as collection ids use it (dcp-reference.md 1.8): 7 bits a byte, low bits first, top bit means more.</summary>
public static class Leb128
{
    /// <summary>Most bytes of a 32-bit number.</summary>
    public const int MaxLength = 5;

    /// <summary>Reads the number at the front of a key.</summary>
    /// <param name="source">A key with its collection prefix.</param>
    /// <param name="value">The number.</param>
    /// <param name="length">Bytes it takes.</param>
    /// <returns>False when there is no stop byte, the number needs more than 32 bits, or is not written as short as possible.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out uint value, out int length)
    {
        if (!source.IsEmpty && source[0] < 0x80)
        {
            value = source[0];
            length = 1;
            return true;
        }
        return TryReadLong(source, out value, out length);
    }

    /// <summary>Writes a number.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes, or as many as the number takes.</param>
    /// <param name="value">The number.</param>
    /// <returns>Bytes it took, 1 to 5.</returns>
    public static int Write(Span<byte> destination, uint value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        destination[length++] = (byte)value;
        return length;
    }

    private static bool TryReadLong(ReadOnlySpan<byte> source, out uint value, out int length)
    {
        value = 0;
        length = 0;
        ulong sum = 0;
        for (var i = 0; i < source.Length && i < MaxLength; i++)
        {
            sum |= (ulong)(source[i] & 0x7f) << (7 * i);
            if (source[i] >= 0x80)
                continue;
            // a last byte of zero adds nothing: the same number has a shorter form
            if (sum > uint.MaxValue || (i > 0 && source[i] == 0))
                return false;
            value = (uint)sum;
            length = i + 1;
            return true;
        }
        return false;
    }
}
