using System.Buffers.Binary;

namespace ActorDcp.Protocol.Values;

/// <summary>
/// Walks over the extended attributes at the front of an inflated value with the XATTR bit (dcp-reference.md 1.7): u32 length of all
/// pairs; each pair u32 length, key, NUL, value, NUL; then the body. Copies nothing.
/// </summary>
public ref struct XattrSection
{
    private const int LengthSize = sizeof(uint);

    private ReadOnlySpan<byte> _rest;

    private XattrSection(ReadOnlySpan<byte> pairs) => _rest = pairs;

    /// <summary>Name of the attribute it stands on. <c>_</c> in front marks a system attribute, <c>$</c> a virtual one.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>JSON of the attribute it stands on.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether the attribute it stands on is a system one, which a deletion keeps.</summary>
    public readonly bool IsSystem => Key is [(byte)'_', ..];

    /// <summary>Stands before the first attribute.</summary>
    /// <param name="value">An inflated value that begins with the section.</param>
    /// <exception cref="InvalidDataException">The section reaches beyond the value.</exception>
    public static XattrSection Read(ReadOnlySpan<byte> value) => new(value[LengthSize..BodyOffset(value)]);

    /// <summary>Where the body begins.</summary>
    /// <param name="value">An inflated value that begins with the section.</param>
    /// <exception cref="InvalidDataException">The section reaches beyond the value.</exception>
    public static int BodyOffset(ReadOnlySpan<byte> value)
    {
        if (value.Length < LengthSize)
            throw new InvalidDataException($"a value of {value.Length} bytes holds no extended attributes");
        var length = BinaryPrimitives.ReadUInt32BigEndian(value);
        return length <= value.Length - LengthSize
            ? LengthSize + (int)length
            : throw new InvalidDataException($"extended attributes of {length} bytes in a value of {value.Length}");
    }

    /// <summary>Finds an attribute.</summary>
    /// <param name="value">An inflated value that begins with the section.</param>
    /// <param name="key">Its name.</param>
    /// <param name="json">Its value.</param>
    /// <exception cref="InvalidDataException">The section is malformed.</exception>
    public static bool TryFind(ReadOnlySpan<byte> value, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> json)
    {
        for (var attributes = Read(value); attributes.MoveNext();)
        {
            if (!attributes.Key.SequenceEqual(key))
                continue;
            json = attributes.Value;
            return true;
        }
        json = default;
        return false;
    }

    /// <summary>Goes to the next attribute.</summary>
    /// <exception cref="InvalidDataException">The pair is malformed.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        if (_rest.Length < LengthSize)
            throw new InvalidDataException("the extended attributes end inside a length");
        var length = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        if (length > _rest.Length - LengthSize)
            throw new InvalidDataException($"an extended attribute of {length} bytes in {_rest.Length - LengthSize} that are left");
        var pair = _rest.Slice(LengthSize, (int)length);
        var keyEnd = pair.IndexOf((byte)0);
        // key, NUL, value, NUL; no other NUL anywhere
        if (keyEnd <= 0 || keyEnd == pair.Length - 1 || pair[(keyEnd + 1)..].IndexOf((byte)0) != pair.Length - keyEnd - 2)
            throw new InvalidDataException("an extended attribute is malformed");
        Key = pair[..keyEnd];
        Value = pair[(keyEnd + 1)..^1];
        _rest = _rest[(LengthSize + (int)length)..];
        return true;
    }
}
