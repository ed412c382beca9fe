using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;

namespace ActorDcp.Producer.Collections;

/// <summary>
/// What a system event in a vbucket's log says. As an item its key is <c>01</c> (the collection id that documents never have), what
/// it is about, LEB128 of the id: a collection's begin and end replace each other, its modifications are a key of their own.
/// </summary>
internal sealed record SystemEventRecord(
    CollectionEventKind Kind, ulong ManifestUid, uint ScopeId, uint CollectionId, string Name, uint? MaxTtl = null, bool History = false)
{
    private const byte SystemNamespace = 1;
    private const byte AboutCollection = 0;
    private const byte AboutScope = 1;
    private const byte AboutSettings = 2;
    private const int FixedLength = 8 + 4 + 4 + 1 + 4;
    private const byte HasTtl = 1;
    private const byte HasHistory = 2;

    /// <summary>Whether it is about a scope rather than a collection.</summary>
    public bool IsAboutScope => Kind is CollectionEventKind.ScopeCreate or CollectionEventKind.ScopeDrop;

    /// <summary>The event of an item; its kind stands in the item's flags.</summary>
    public static SystemEventRecord Read(StoredItem item)
    {
        var value = item.Value;
        var has = value[16];
        return new SystemEventRecord(
            (CollectionEventKind)item.Flags,
            BinaryPrimitives.ReadUInt64BigEndian(value),
            BinaryPrimitives.ReadUInt32BigEndian(value[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(value[12..]),
            Encoding.UTF8.GetString(value[FixedLength..]),
            (has & HasTtl) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(value[17..]) : null,
            (has & HasHistory) != 0);
    }

    /// <summary>The event of a SYSTEM_EVENT message, for a vbucket that is fed by another node.</summary>
    /// <exception cref="ProtocolException">Event or version is not known.</exception>
    public static SystemEventRecord Read(in Frame frame)
    {
        var message = SystemEventMessage.Read(frame);
        var told = message.ToCollectionEvent() ?? throw new ProtocolException($"SYSTEM_EVENT {message.Kind} version {message.Version} is not known");
        return new SystemEventRecord(
            told.Kind, told.ManifestUid, told.ScopeId, told.CollectionId ?? 0, told.Name ?? "", told.MaxTtl,
            message.Version == 2 && FlatSystemEvent.ReadHistory(told.Kind, frame.Value));
    }

    /// <summary>As an item of a vbucket's log.</summary>
    public StoredItem ToItem(ulong seqno, ulong cas, ulong rev) =>
        StoredItem.Create(ToKey(), ToValue(), new ItemMetadata(seqno, cas, rev, (uint)Kind, 0, Datatype.Raw, ItemKind.SystemEvent));

    public byte[] ToKey()
    {
        Span<byte> key = stackalloc byte[2 + Leb128.MaxLength];
        key[0] = SystemNamespace;
        key[1] = IsAboutScope ? AboutScope : Kind == CollectionEventKind.CollectionModify ? AboutSettings : AboutCollection;
        var length = Leb128.Write(key[2..], IsAboutScope ? ScopeId : CollectionId);
        return key[..(2 + length)].ToArray();
    }

    /// <summary>u64 manifest uid; u32 scope; u32 collection; u8 what is set; u32 longest time to live; name.</summary>
    public byte[] ToValue()
    {
        var value = new byte[FixedLength + Encoding.UTF8.GetByteCount(Name)];
        BinaryPrimitives.WriteUInt64BigEndian(value, ManifestUid);
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(8), ScopeId);
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(12), CollectionId);
        value[16] = (byte)((MaxTtl is null ? 0 : HasTtl) | (History ? HasHistory : 0));
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(17), MaxTtl ?? 0);
        Encoding.UTF8.GetBytes(Name, value.AsSpan(FixedLength));
        return value;
    }
}
