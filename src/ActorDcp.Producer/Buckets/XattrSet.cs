using System.Buffers.Binary;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Producer.Buckets;

/// <summary>The extended attributes of a document, to be changed (dcp-reference.md 1.7). Keeps their order as Couchbase does.</summary>
internal sealed class XattrSet
{
    private readonly List<(byte[] Key, byte[] Json)> _attributes = [];

    public int Count => _attributes.Count;

    public IEnumerable<byte[]> Keys => _attributes.Select(attribute => attribute.Key);

    /// <summary>Bytes of the pairs of system attributes.</summary>
    public long SystemBytes => _attributes.Where(attribute => IsSystem(attribute.Key)).Sum(attribute => (long)PairLength(attribute) + sizeof(uint));

    /// <summary>Reads a section; an empty span is none.</summary>
    /// <exception cref="InvalidDataException">The section is malformed.</exception>
    public static XattrSet Read(ReadOnlySpan<byte> section)
    {
        var set = new XattrSet();
        if (section.IsEmpty)
            return set;
        for (var attributes = XattrSection.Read(section); attributes.MoveNext();)
            set._attributes.Add((attributes.Key.ToArray(), attributes.Value.ToArray()));
        return set;
    }

    public byte[]? Find(ReadOnlySpan<byte> key)
    {
        var index = IndexOf(key);
        return index < 0 ? null : _attributes[index].Json;
    }

    /// <summary>Sets an attribute. One whose length changes moves to the end, as it does on a Couchbase node.</summary>
    public void Set(ReadOnlySpan<byte> key, byte[] json)
    {
        var index = IndexOf(key);
        if (index >= 0 && _attributes[index].Json.Length == json.Length)
        {
            _attributes[index] = (_attributes[index].Key, json);
            return;
        }
        if (index >= 0)
            _attributes.RemoveAt(index);
        _attributes.Add((key.ToArray(), json));
    }

    public void Remove(ReadOnlySpan<byte> key)
    {
        var index = IndexOf(key);
        if (index >= 0)
            _attributes.RemoveAt(index);
    }

    public void RemoveSystemAttributes() => _attributes.RemoveAll(attribute => IsSystem(attribute.Key));

    public void RemoveUserAttributes() => _attributes.RemoveAll(attribute => !IsSystem(attribute.Key));

    /// <summary>u32 length of all pairs; each pair u32 length, key, NUL, value, NUL. Empty when there are no attributes.</summary>
    public byte[] ToSection()
    {
        if (_attributes.Count == 0)
            return [];
        var section = new byte[sizeof(uint) + _attributes.Sum(attribute => sizeof(uint) + PairLength(attribute))];
        BinaryPrimitives.WriteUInt32BigEndian(section, (uint)(section.Length - sizeof(uint)));
        var at = sizeof(uint);
        foreach (var attribute in _attributes)
        {
            BinaryPrimitives.WriteUInt32BigEndian(section.AsSpan(at), (uint)PairLength(attribute));
            attribute.Key.CopyTo(section, at + sizeof(uint));
            attribute.Json.CopyTo(section, at + sizeof(uint) + attribute.Key.Length + 1);
            at += sizeof(uint) + PairLength(attribute);
        }
        return section;
    }

    /// <summary>Whether an attribute is the system's, which a deletion keeps.</summary>
    public static bool IsSystem(byte[] key) => key is [(byte)'_', ..];

    private static int PairLength((byte[] Key, byte[] Json) attribute) => attribute.Key.Length + attribute.Json.Length + 2;

    private int IndexOf(ReadOnlySpan<byte> key)
    {
        for (var i = 0; i < _attributes.Count; i++)
            if (key.SequenceEqual(_attributes[i].Key))
                return i;
        return -1;
    }
}
