using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>A document's key as a request carries it: with a collection id when the connection has Collections (dcp-reference.md 1.8).</summary>
internal static class DocumentKey
{
    private const uint FirstUserCollection = 8;
    private const int MaxWireLength = 251;

    /// <summary>Checks a key, and that its collection is there, and gives it the prefix it is stored under.</summary>
    /// <param name="connection">Whose features say how keys travel.</param>
    /// <param name="wireKey">As it came.</param>
    /// <param name="scratch">At least 256 bytes, for the result.</param>
    /// <param name="key">Prefix and key.</param>
    /// <param name="context">What is wrong, in Couchbase's words, where it has any.</param>
    /// <returns>Success, InvalidArguments or UnknownCollection.</returns>
    public static Status TryRead(
        ClientConnection connection, ReadOnlySpan<byte> wireKey, Span<byte> scratch, out ReadOnlySpan<byte> key, out string? context)
    {
        key = default;
        context = null;
        uint collection = 0;
        if (!connection.Features.Collections)
        {
            if (wireKey.IsEmpty || wireKey.Length > CollectionKey.MaxLengthInDefaultCollection)
                return Status.InvalidArguments;
            scratch[0] = 0;
            wireKey.CopyTo(scratch[1..]);
            key = scratch[..(wireKey.Length + 1)];
        }
        else
        {
            context = Check(wireKey, out collection);
            if (context is not null)
                return Status.InvalidArguments;
            key = wireKey;
        }
        return connection.Services.Bucket.Collections.Current.HasCollection(collection) ? Status.Success : Status.UnknownCollection;
    }

    private static string? Check(ReadOnlySpan<byte> wireKey, out uint collection)
    {
        collection = 0;
        if (wireKey.Length < 2)
            return "Key length must be >= 2";
        if (wireKey.Length > MaxWireLength)
            return $"Key length exceeds {MaxWireLength}";
        if (!Leb128.TryRead(wireKey, out collection, out var prefix))
            return wireKey[..Math.Min(wireKey.Length, Leb128.MaxLength)].ContainsAnyInRange((byte)0, (byte)0x7f)
                ? "Key contains non-canonical leb128"
                : "No stop-byte found";
        if (collection is > 0 and < FirstUserCollection)
            return $"Invalid collection-id:{collection:x}";
        var limit = collection == 0 ? CollectionKey.MaxLengthInDefaultCollection : CollectionKey.MaxLength;
        var length = wireKey.Length - prefix;
        if (length == 0)
            return "No logical key found";
        return length > limit ? $"Logical key exceeds {limit}" : null;
    }
}
