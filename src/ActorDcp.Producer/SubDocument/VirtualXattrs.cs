using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Attributes that no document has, and that tell about it: <c>$document</c>, <c>$XTOC</c>, <c>$vbucket</c> (dcp-reference.md 3.21).</summary>
internal static class VirtualXattrs
{
    private const ulong NanosecondsASecond = 1_000_000_000;

    /// <summary>The attribute as a document of its own, that begins with its name; null for a name that is none.</summary>
    public static byte[]? Find(ReadOnlySpan<byte> name, StoredItem item, ulong cas, in ChangeFacts facts)
    {
        if (name.SequenceEqual("$document"u8))
            return Document(item, cas, facts);
        if (name.SequenceEqual("$XTOC"u8))
            return Contents(item, facts.ShowsSystemXattrs);
        return name.SequenceEqual("$vbucket"u8) ? VBucket(facts) : null;
    }

    /// <summary>CRC-32C of a body, as it stands in JSON.</summary>
    public static string Checksum(ReadOnlySpan<byte> body) => $"0x{Crc32C(body):x8}";

    /// <summary>The members stand in the order of their names, as a Couchbase node writes them.</summary>
    public static byte[] Document(StoredItem item, ulong cas, in ChangeFacts facts)
    {
        var body = DocumentValue.BodyOf(item);
        var output = new ArrayBufferWriter<byte>(320);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteStartObject("$document");
        writer.WriteString("CAS", Hex(cas));
        writer.WriteStartArray("datatype");
        foreach (var name in DatatypeNames.Of(item.Datatype))
            writer.WriteStringValue(name);
        writer.WriteEndArray();
        writer.WriteBoolean("deleted", item.IsDeleted);
        writer.WriteNumber("exptime", item.ExpiryBefore != 0 ? item.ExpiryBefore : item.Expiry);
        writer.WriteNumber("flags", item.Flags);
        writer.WriteString("last_modified", (cas / NanosecondsASecond).ToString(CultureInfo.InvariantCulture));
        writer.WriteString("revid", item.Rev.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("seqno", Hex(item.Seqno));
        writer.WriteNumber("value_bytes", body.Length);
        writer.WriteString("value_crc32c", Checksum(body));
        writer.WriteString("vbucket_uuid", Hex(facts.Uuid.Value));
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Contents(StoredItem item, bool showsSystemXattrs)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteStartArray("$XTOC");
        foreach (var key in XattrSet.Read(DocumentValue.XattrsOf(item)).Keys.Where(key => showsSystemXattrs || !XattrSet.IsSystem(key)))
            writer.WriteStringValue(key);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static byte[] VBucket(in ChangeFacts facts) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{{\"$vbucket\":{{\"HLC\":{{\"mode\":\"real\",\"now\":\"{facts.Now}\"}}}}}}"));

    private static string Hex(ulong number) => $"0x{number:x16}";

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var next in bytes)
            crc = System.Numerics.BitOperations.Crc32C(crc, next);
        return ~crc;
    }
}
