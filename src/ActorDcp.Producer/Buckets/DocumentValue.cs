using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Producer.Buckets;

/// <summary>
/// Stored values taken apart (dcp-reference.md 1.6, 1.7): a value is kept compressed if it came so and has no extended attributes;
/// with them it is their section, then the body, never compressed.
/// </summary>
internal static class DocumentValue
{
    /// <summary>What a value is without compression.</summary>
    public static ReadOnlySpan<byte> Inflate(ReadOnlySpan<byte> value, Datatype datatype) =>
        (datatype & Datatype.Snappy) != 0 && !value.IsEmpty ? SnappyBlock.Inflate(value) : value;

    /// <summary>Whether a change carries extended attributes.</summary>
    public static bool HasXattrs(StoredItem item) => (item.Datatype & Datatype.Xattr) != 0 && item.ValueLength > 0;

    /// <summary>The body alone, inflated.</summary>
    public static ReadOnlySpan<byte> BodyOf(StoredItem item)
    {
        var value = Inflate(item.Value, item.Datatype);
        return HasXattrs(item) ? value[XattrSection.BodyOffset(value)..] : value;
    }

    /// <summary>The section of extended attributes with its length in front; empty when there are none.</summary>
    public static ReadOnlySpan<byte> XattrsOf(StoredItem item)
    {
        if (!HasXattrs(item))
            return default;
        var value = Inflate(item.Value, item.Datatype);
        return value[..XattrSection.BodyOffset(value)];
    }

    /// <summary>What a deletion keeps: the section with the system attributes only; empty when there are none.</summary>
    public static byte[] SystemXattrsOf(StoredItem item)
    {
        if (!HasXattrs(item))
            return [];
        var attributes = XattrSet.Read(XattrsOf(item));
        attributes.RemoveUserAttributes();
        return attributes.ToSection();
    }

    /// <summary>A body with another version's attributes in front of it.</summary>
    /// <param name="old">Whose attributes.</param>
    /// <param name="body">The new body.</param>
    /// <param name="datatype">Of the new body; becomes that of the whole.</param>
    public static ReadOnlySpan<byte> KeepXattrs(StoredItem? old, ReadOnlySpan<byte> body, ref Datatype datatype)
    {
        if (old is null || !HasXattrs(old))
            return body;
        var inflated = Inflate(body, datatype);
        datatype = datatype & ~Datatype.Snappy | Datatype.Xattr;
        return (byte[])[.. XattrsOf(old), .. inflated];
    }
}
