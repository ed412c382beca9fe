using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Producer.Collections;

/// <summary>Manifests as text: ids are hexadecimal (dcp-reference.md 2.10).</summary>
internal static class ManifestJson
{
    public static byte[] Write(BucketManifest manifest)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteManifest(json, manifest);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>Writes the members of the object.</summary>
    public static void WriteManifest(Utf8JsonWriter json, BucketManifest manifest)
    {
        json.WriteStartArray("scopes");
        foreach (var scope in manifest.Scopes)
        {
            json.WriteStartObject();
            json.WriteStartArray("collections");
            foreach (var collection in scope.Collections)
                WriteCollection(json, collection);
            json.WriteEndArray();
            json.WriteString("name", scope.Name);
            json.WriteString("uid", Hex(scope.Id));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("uid", manifest.Uid.ToString());
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static BucketManifest Read(JsonElement root)
    {
        try
        {
            var scopes = root.GetProperty("scopes").EnumerateArray().Select(scope => new ManifestScope(
                checked((uint)HexOf(scope)), NameOf(scope), [.. scope.GetProperty("collections").EnumerateArray().Select(ReadCollection)]));
            return new BucketManifest(new ManifestUid(HexOf(root)), [.. scopes]);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new FormatException("this is no manifest of scopes and collections", exception);
        }
    }

    private static void WriteCollection(Utf8JsonWriter json, ManifestCollection collection)
    {
        json.WriteStartObject();
        json.WriteString("name", collection.Name);
        json.WriteString("uid", Hex(collection.Id));
        if (collection.MaxTtl is { } ttl)
            json.WriteNumber("maxTTL", ttl);
        if (collection.History)
            json.WriteBoolean("history", true);
        json.WriteEndObject();
    }

    private static ManifestCollection ReadCollection(JsonElement collection) => new(
        checked((uint)HexOf(collection)),
        NameOf(collection),
        collection.TryGetProperty("maxTTL", out var ttl) ? ttl.GetUInt32() : null,
        collection.TryGetProperty("history", out var history) && history.GetBoolean());

    private static string Hex(uint id) => id.ToString("x", CultureInfo.InvariantCulture);

    private static string NameOf(JsonElement parent) =>
        parent.GetProperty("name").GetString() ?? throw new FormatException("a scope or collection without a name");

    private static ulong HexOf(JsonElement parent) =>
        ulong.Parse(parent.GetProperty("uid").GetString() ?? "", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
