using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorDcp.Hosting.Offsets;

/// <summary>
/// Exported positions of a bucket's vbuckets, as JSON with a version, so that a drain or a group can begin where another one stood.
/// Positions of one bucket are never used on another: the bucket's UUID is in the file.
/// </summary>
internal sealed record OffsetsFile(string Bucket, string BucketUuid, IReadOnlyDictionary<VBucketId, StreamOffset> Offsets)
{
    private const int Version = 1;

    /// <exception cref="InvalidDataException">The file is not of this form; the text says what is wrong.</exception>
    public static OffsetsFile Read(string path)
    {
        OffsetsDocument? document;
        try
        {
            using var stream = File.OpenRead(path);
            document = JsonSerializer.Deserialize(stream, OffsetsJson.Default.OffsetsDocument);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"\"{path}\" is not a file of offsets ({e.Message}): name one that --save-offsets or an export wrote", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"\"{path}\" cannot be read ({e.Message}): name a file of offsets that this process may read", e);
        }
        return FromDocument($"\"{path}\"", document);
    }

    /// <param name="source">Where the document was read, for messages.</param>
    /// <param name="document">The document; null where there was none.</param>
    /// <exception cref="InvalidDataException">It is of another version, or holds an offset that cannot be.</exception>
    public static OffsetsFile FromDocument(string source, OffsetsDocument? document)
    {
        if (document is null || document.Version != Version)
            throw new InvalidDataException($"{source} has version {document?.Version}, and this program reads version {Version}: export it again");
        var offsets = new Dictionary<VBucketId, StreamOffset>();
        foreach (var row in document.VBuckets)
        {
            if (row.Vb is < 0 or > ushort.MaxValue || !offsets.TryAdd(VBucketId.From(row.Vb), ToOffset(source, row)))
                throw new InvalidDataException($"{source} names vbucket {row.Vb} twice, or there is no such vbucket: export it again");
        }
        return new OffsetsFile(document.Bucket, document.BucketUuid, offsets);
    }

    /// <summary>As it is written and sent.</summary>
    public OffsetsDocument ToDocument() => new(
        Version, Bucket, BucketUuid, [.. Offsets.OrderBy(pair => pair.Key).Select(pair => ToRow(pair.Key, pair.Value))]);

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(string path)
    {
        var document = ToDocument();
        var temporary = path + ".new";
        using (var stream = File.Create(temporary))
        {
            JsonSerializer.Serialize(stream, document, OffsetsJson.Default.OffsetsDocument);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static OffsetRow ToRow(VBucketId vbucket, StreamOffset offset) => new(
        vbucket.Value, offset.Uuid.ToString(), offset.Seqno.Value, offset.Snapshot.Start.Value, offset.Snapshot.End.Value,
        offset.ManifestUid.ToString("x", CultureInfo.InvariantCulture), offset.PurgeSeqno.Value);

    private static StreamOffset ToOffset(string source, OffsetRow row)
    {
        try
        {
            return new StreamOffset(
                VBucketUuid.Parse(row.VbUuid), new Seqno(row.Seqno), new StreamSnapshot(new Seqno(row.SnapshotStart), new Seqno(row.SnapshotEnd)),
                ulong.Parse(row.Manifest, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            {
                PurgeSeqno = new Seqno(row.PurgeSeqno),
            };
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{source} has no legal offset for vbucket {row.Vb} ({e.Message}): export it again", e);
        }
    }
}

/// <summary>The file as it is written.</summary>
internal sealed record OffsetsDocument(
    int Version,
    string Bucket,
    [property: JsonPropertyName("bucket_uuid")] string BucketUuid,
    [property: JsonPropertyName("vbuckets")] IReadOnlyList<OffsetRow> VBuckets);

/// <summary>One vbucket's position.</summary>
internal sealed record OffsetRow(
    int Vb,
    [property: JsonPropertyName("vbuuid")] string VbUuid,
    ulong Seqno,
    [property: JsonPropertyName("snapshot_start")] ulong SnapshotStart,
    [property: JsonPropertyName("snapshot_end")] ulong SnapshotEnd,
    string Manifest,
    [property: JsonPropertyName("purge_seqno")] ulong PurgeSeqno = 0);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, WriteIndented = true)]
[JsonSerializable(typeof(OffsetsDocument))]
internal sealed partial class OffsetsJson : JsonSerializerContext;
