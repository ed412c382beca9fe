namespace ActorDcp.Protocol;

/// <summary>Document keys with their collection prefix (dcp-reference.md 1.8) and their limits (1.5).</summary>
public static class CollectionKey
{
    /// <summary>Most bytes of a key in the default collection.</summary>
    public const int MaxLengthInDefaultCollection = 250;

    /// <summary>Most bytes of a key in any other collection, whatever the prefix takes.</summary>
    public const int MaxLength = 246;

    /// <summary>The key as it travels where collections are in force: LEB128 of the collection id, then the key.</summary>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    public static byte[] Encode(uint collectionId, ReadOnlySpan<byte> key)
    {
        var limit = collectionId == 0 ? MaxLengthInDefaultCollection : MaxLength;
        if (key.IsEmpty || key.Length > limit)
            throw new ArgumentException($"a key in collection 0x{collectionId:x} has 1 to {limit} bytes, not {key.Length}", nameof(key));
        Span<byte> prefix = stackalloc byte[Leb128.MaxLength];
        return [.. prefix[..Leb128.Write(prefix, collectionId)], .. key];
    }
}
