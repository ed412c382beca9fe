using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>A document's key as a request carries it: with a collection id when the connection has Collections (dcp-reference.md 1.8).</summary>
internal static class DocumentKey
{
    /// <summary>Checks a key and gives it the prefix it is stored under.</summary>
    /// <param name="connection">Whose features say how keys travel.</param>
    /// <param name="wireKey">As it came.</param>
    /// <param name="scratch">At least 256 bytes, for the result.</param>
    /// <param name="key">Prefix and key.</param>
    public static Status TryRead(ClientConnection connection, ReadOnlySpan<byte> wireKey, Span<byte> scratch, out ReadOnlySpan<byte> key)
    {
        key = default;
        if (!connection.Features.Collections)
        {
            if (wireKey.IsEmpty || wireKey.Length > DocumentLimits.MaxKeyLength)
                return Status.InvalidArguments;
            scratch[0] = 0;
            wireKey.CopyTo(scratch[1..]);
            key = scratch[..(wireKey.Length + 1)];
            return Status.Success;
        }
        if (!TryReadCollection(wireKey, out var collection, out var prefixLength))
            return Status.InvalidArguments;
        if (collection != 0)
            return Status.UnknownCollection;
        if (wireKey.Length <= prefixLength || wireKey.Length > DocumentLimits.MaxKeyLength + prefixLength)
            return Status.InvalidArguments;
        key = wireKey;
        return Status.Success;
    }

    private static bool TryReadCollection(ReadOnlySpan<byte> key, out uint collection, out int length)
    {
        collection = 0;
        length = 0;
        ulong value = 0;
        while (length < key.Length && length < 5)
        {
            var part = key[length];
            value |= (ulong)(part & 0x7f) << (7 * length);
            length++;
            if ((part & 0x80) != 0)
                continue;
            collection = (uint)value;
            // a last byte of nothing says the same as leaving it out, which is not allowed
            return value <= uint.MaxValue && (length == 1 || part != 0);
        }
        return false;
    }
}
