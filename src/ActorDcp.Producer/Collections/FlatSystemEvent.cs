using System.Buffers.Binary;

namespace ActorDcp.Producer.Collections;

/// <summary>
/// The FlatBuffers tables of SYSTEM_EVENT version 2 (dcp-reference.md 3.12), laid out as Couchbase's builder does: fields from the
/// largest to the smallest and from the last to the first, defaults left out.
/// </summary>
internal static class FlatSystemEvent
{
    private const int HistorySlot = 6;

    public static byte[] Write(SystemEventRecord told)
    {
        var writer = new FlatTableWriter();
        switch (told.Kind)
        {
            case CollectionEventKind.CollectionBegin or CollectionEventKind.CollectionModify:
                WriteCollection(writer, told);
                break;
            case CollectionEventKind.ScopeCreate:
                var scopeName = writer.AddString(told.Name);
                writer.BeginTable();
                writer.AddUInt64(0, told.ManifestUid);
                writer.AddOffset(2, scopeName);
                writer.AddUInt32(1, told.ScopeId);
                break;
            default:
                writer.BeginTable();
                writer.AddUInt64(0, told.ManifestUid);
                if (told.Kind == CollectionEventKind.CollectionEnd)
                    writer.AddUInt32(2, told.CollectionId);
                writer.AddUInt32(1, told.ScopeId);
                break;
        }
        return writer.Finish();
    }

    /// <summary>Whether the table of a collection says that it keeps history.</summary>
    public static bool ReadHistory(CollectionEventKind kind, ReadOnlySpan<byte> table)
    {
        if (kind is not (CollectionEventKind.CollectionBegin or CollectionEventKind.CollectionModify))
            return false;
        var root = (int)BinaryPrimitives.ReadUInt32LittleEndian(table);
        var vtable = root - BinaryPrimitives.ReadInt32LittleEndian(table[root..]);
        var slot = 4 + 2 * HistorySlot;
        if (BinaryPrimitives.ReadUInt16LittleEndian(table[vtable..]) <= slot)
            return false;
        var position = BinaryPrimitives.ReadUInt16LittleEndian(table[(vtable + slot)..]);
        return position != 0 && table[root + position] != 0;
    }

    private static void WriteCollection(FlatTableWriter writer, SystemEventRecord told)
    {
        var name = writer.AddString(told.Name);
        writer.BeginTable();
        writer.AddUInt64(0, told.ManifestUid);
        writer.AddOffset(5, name);
        writer.AddUInt32(4, told.MaxTtl ?? 0);
        writer.AddUInt32(2, told.CollectionId);
        writer.AddUInt32(1, told.ScopeId);
        writer.AddBool(HistorySlot, told.History);
        writer.AddBool(3, told.MaxTtl is not null);
    }
}
