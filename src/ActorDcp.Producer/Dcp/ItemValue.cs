using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol.Values;
using Snappier;

namespace ActorDcp.Producer.Dcp;

/// <summary>A value as a stream sends it: what the connection did not ask for is taken out, and it is compressed or not (dcp-reference.md 1.6).</summary>
internal readonly ref struct ItemValue(ReadOnlySpan<byte> bytes, Datatype datatype)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public Datatype Datatype { get; } = datatype;

    public static ItemValue Shape(StoredItem item, DcpSession session)
    {
        var value = item.Value;
        if (value.IsEmpty)
            return new ItemValue(default, session.KeepsUnderlyingDatatype ? item.Datatype : Datatype.Raw);
        var datatype = item.Datatype;
        if ((datatype & Datatype.Snappy) != 0 && (!session.Snappy || (datatype & Datatype.Xattr) != 0))
        {
            value = DocumentValue.Inflate(value, datatype);
            datatype &= ~Datatype.Snappy;
        }
        // what was read back from disk is there as Couchbase's storage keeps it
        var compressed = item.IsCold && session.Snappy && (datatype & Datatype.Snappy) == 0;
        var underlying = datatype | (compressed ? Datatype.Snappy : Datatype.Raw);
        compressed &= !TakeOut(item, session, ref value, ref datatype);
        if (value.IsEmpty)
            datatype = Datatype.Raw;
        if (compressed)
        {
            value = Snappy.CompressToArray(value);
            datatype |= Datatype.Snappy;
        }
        else if (session.ForcesCompression && !value.IsEmpty && (datatype & Datatype.Snappy) == 0 && ValueCompression.TryCompress(value) is { } block)
        {
            value = block;
            datatype |= Datatype.Snappy;
        }
        return new ItemValue(value, session.KeepsUnderlyingDatatype ? underlying : datatype);
    }

    /// <summary>Takes out the body, all xattrs, or a deletion's user xattrs, in this order. Says whether the value had to be inflated for it.</summary>
    private static bool TakeOut(StoredItem item, DcpSession session, ref ReadOnlySpan<byte> value, ref Datatype datatype)
    {
        var hasXattrs = (datatype & Datatype.Xattr) != 0;
        var takesAnything = session.NoValue;
        if (session.NoValue)
        {
            value = hasXattrs ? value[..XattrSection.BodyOffset(value)] : default;
            datatype &= ~Datatype.Json;
        }
        if (!hasXattrs)
            return takesAnything;
        if (!session.IncludesXattrs)
        {
            value = value[XattrSection.BodyOffset(value)..];
            datatype &= ~Datatype.Xattr;
            return true;
        }
        if (item.Kind == ItemKind.Mutation || session.IncludesDeletedUserXattrs)
            return takesAnything;
        value = SystemXattrsOf(value);
        return true;
    }

    private static ReadOnlySpan<byte> SystemXattrsOf(ReadOnlySpan<byte> value)
    {
        var kept = new List<byte>(value.Length) { 0, 0, 0, 0 };
        Span<byte> length = stackalloc byte[sizeof(uint)];
        for (var attributes = XattrSection.Read(value); attributes.MoveNext();)
        {
            if (!attributes.IsSystem)
                continue;
            BinaryPrimitives.WriteUInt32BigEndian(length, (uint)(attributes.Key.Length + attributes.Value.Length + 2));
            kept.AddRange(length);
            kept.AddRange(attributes.Key);
            kept.Add(0);
            kept.AddRange(attributes.Value);
            kept.Add(0);
        }
        if (kept.Count == sizeof(uint))
            return default;
        var section = kept.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(section, (uint)(section.Length - sizeof(uint)));
        return section;
    }
}
