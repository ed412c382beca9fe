using ActorDcp.Protocol;
using Snappier;

namespace ActorDcp.Producer.Connections;

/// <summary>Snappy blocks of values (dcp-reference.md 1.6).</summary>
internal static class ValueCompression
{
    /// <summary>Inflates; null when the bytes are no Snappy block or inflate above the limit.</summary>
    public static byte[]? TryInflate(ReadOnlySpan<byte> block)
    {
        try
        {
            return Snappy.GetUncompressedLength(block) > FrameScanner.DefaultMaxFrameLength ? null : Snappy.DecompressToArray(block);
        }
        catch (Exception exception) when (exception is InvalidDataException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Compresses; null when that does not make it smaller.</summary>
    public static byte[]? TryCompress(ReadOnlySpan<byte> value)
    {
        var block = Snappy.CompressToArray(value);
        return block.Length < value.Length ? block : null;
    }
}
