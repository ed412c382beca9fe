using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// SYSTEM_EVENT 0x5f, from the producer (dcp-reference.md 3.12). Extras: @0 u64 by-seqno; @8 u32 event; @12 u8 version. The key is a bare
/// name. Values of version 0: @0 u64 manifest uid; @8 u32 scope id; for collections @12 u32 collection id; version 1 adds @16 u32
/// largest time to live; version 2 is a FlatBuffers table.
/// </summary>
public readonly ref struct SystemEventMessage
{
    /// <summary>Bytes of extras.</summary>
    public const int ExtrasLength = 13;

    private const int ScopeValueLength = 12;
    private const int CollectionValueLength = 16;
    private const int CollectionTtlValueLength = 20;

    private readonly ReadOnlySpan<byte> _extras;
    private readonly ReadOnlySpan<byte> _key;
    private readonly ReadOnlySpan<byte> _value;

    private SystemEventMessage(ReadOnlySpan<byte> extras, in Frame frame)
    {
        _extras = extras;
        _key = frame.Key;
        _value = frame.Value;
    }

    /// <summary>Position in the vbucket's history.</summary>
    public Seqno Seqno => new(BinaryPrimitives.ReadUInt64BigEndian(_extras));

    /// <summary>What happened; unknown codes are kept.</summary>
    public CollectionEventKind Kind => (CollectionEventKind)BinaryPrimitives.ReadUInt32BigEndian(_extras[8..]);

    /// <summary>Form of the value.</summary>
    public byte Version => _extras[12];

    /// <summary>Reads the extras of a frame.</summary>
    /// <exception cref="ProtocolException">They have another length.</exception>
    public static SystemEventMessage Read(in Frame frame) => new(MessageRules.ExtrasOf(frame, ExtrasLength), frame);

    /// <summary>What happened, read from key and value; null when the event or its version is not known. Allocates.</summary>
    /// <exception cref="ProtocolException">The value does not have the form of its version.</exception>
    public CollectionEvent? ToCollectionEvent() => Version switch
    {
        0 or 1 => ReadClassic(),
        2 => ReadFlat(),
        _ => null,
    };

    private string? Name => _key.IsEmpty ? null : Encoding.UTF8.GetString(_key);

    private CollectionEvent? ReadClassic()
    {
        switch (Kind)
        {
            case CollectionEventKind.CollectionBegin or CollectionEventKind.CollectionEnd or CollectionEventKind.CollectionModify:
                RequireLength(Version == 0 ? CollectionValueLength : CollectionTtlValueLength);
                return new CollectionEvent(
                    Kind, ManifestUid, ScopeId, BinaryPrimitives.ReadUInt32BigEndian(_value[12..]), Name,
                    Version == 0 ? null : BinaryPrimitives.ReadUInt32BigEndian(_value[16..]));
            case CollectionEventKind.ScopeCreate or CollectionEventKind.ScopeDrop when Version == 0:
                RequireLength(ScopeValueLength);
                return new CollectionEvent(Kind, ManifestUid, ScopeId, CollectionId: null, Name, MaxTtl: null);
            default:
                return null;
        }
    }

    private ulong ManifestUid => BinaryPrimitives.ReadUInt64BigEndian(_value);

    private uint ScopeId => BinaryPrimitives.ReadUInt32BigEndian(_value[8..]);

    private void RequireLength(int length)
    {
        if (_value.Length != length)
            throw new ProtocolException($"SYSTEM_EVENT {Kind} version {Version} with a value of {_value.Length} bytes; {length} expected");
    }

    private CollectionEvent? ReadFlat()
    {
        // slots of the four tables: 0 uid, 1 scope id everywhere; Collection: 2 collection id, 3 ttl valid, 4 max ttl, 5 name;
        // DroppedCollection: 2 collection id; Scope: 2 name
        switch (Kind)
        {
            case CollectionEventKind.CollectionBegin or CollectionEventKind.CollectionModify:
                var collection = FlatTable.ReadRoot(_value);
                return new CollectionEvent(
                    Kind, collection.UInt64(0), collection.UInt32(1), collection.UInt32(2), collection.String(5) ?? Name,
                    collection.Bool(3) ? collection.UInt32(4) : null);
            case CollectionEventKind.CollectionEnd:
                var dropped = FlatTable.ReadRoot(_value);
                return new CollectionEvent(Kind, dropped.UInt64(0), dropped.UInt32(1), dropped.UInt32(2), Name, MaxTtl: null);
            case CollectionEventKind.ScopeCreate or CollectionEventKind.ScopeDrop:
                var scope = FlatTable.ReadRoot(_value);
                var name = Kind == CollectionEventKind.ScopeCreate ? scope.String(2) : null;
                return new CollectionEvent(Kind, scope.UInt64(0), scope.UInt32(1), CollectionId: null, name ?? Name, MaxTtl: null);
            default:
                return null;
        }
    }
}
