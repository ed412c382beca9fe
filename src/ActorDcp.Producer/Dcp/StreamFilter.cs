using System.Globalization;
using System.Text.Json;
using ActorDcp.Producer.Collections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>The JSON value of a stream request (dcp-reference.md 3.3). The manifest uid in it is only looked at by a log.</summary>
internal sealed record StreamFilter
{
    private static readonly string[] KnownKeys = ["uid", "sid", "collections", "scope", "purge_seqno", "cts"];

    /// <summary>Everything.</summary>
    public static StreamFilter None { get; } = new();

    public ushort StreamId { get; init; }

    public ulong PurgeSeqno { get; init; }

    public bool NamesPurgeSeqno { get; init; }

    /// <summary>The collections asked for; null for all. An empty list streams nothing.</summary>
    public IReadOnlyList<uint>? Collections { get; init; }

    /// <summary>The scope asked for.</summary>
    public uint? Scope { get; init; }

    public bool IsOfCollections => Collections is not null || Scope is not null;

    /// <summary>Reads a value. An empty one means everything.</summary>
    /// <exception cref="ProtocolException">A collection is named twice, which costs the connection (10.7).</exception>
    public static Status TryRead(ReadOnlySpan<byte> value, BucketManifest manifest, out StreamFilter filter)
    {
        filter = None;
        if (value.IsEmpty)
            return Status.Success;
        try
        {
            var reader = new Utf8JsonReader(value);
            using var document = JsonDocument.ParseValue(ref reader);
            return reader.BytesConsumed != value.Length || document.RootElement.ValueKind != JsonValueKind.Object
                ? Status.InvalidArguments
                : Read(document.RootElement, manifest, out filter);
        }
        catch (JsonException)
        {
            return Status.InvalidArguments;
        }
    }

    private static Status Read(JsonElement root, BucketManifest manifest, out StreamFilter filter)
    {
        filter = None;
        if (!KnownKeys.Any(key => root.TryGetProperty(key, out _)))
            return Status.InvalidArguments;
        var status = ReadStreamId(root, out var streamId);
        if (status != Status.Success)
            return status;
        ulong purge = 0;
        if (root.TryGetProperty("purge_seqno", out var purgeText) && (purgeText.ValueKind != JsonValueKind.String
            || !ulong.TryParse(purgeText.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out purge)))
            return Status.InvalidArguments;

        var hasCollections = root.TryGetProperty("collections", out var collections);
        var hasScope = root.TryGetProperty("scope", out var scope);
        if (hasCollections && hasScope)
            return Status.InvalidArguments;
        uint scopeId = 0;
        if (hasScope)
        {
            if (!TryReadId(scope, out scopeId))
                return Status.InvalidArguments;
            if (!manifest.HasScope(scopeId))
                return Status.UnknownScope;
        }
        List<uint>? ids = null;
        if (hasCollections)
            status = ReadCollections(collections, manifest, out ids);
        filter = new StreamFilter
        {
            StreamId = streamId,
            PurgeSeqno = purge,
            NamesPurgeSeqno = purgeText.ValueKind == JsonValueKind.String,
            Collections = ids,
            Scope = hasScope ? scopeId : null,
        };
        return status;
    }

    private static Status ReadStreamId(JsonElement root, out ushort streamId)
    {
        streamId = 0;
        if (!root.TryGetProperty("sid", out var sid))
            return Status.Success;
        if (sid.ValueKind != JsonValueKind.Number)
            return Status.InvalidArguments;
        return sid.TryGetUInt16(out streamId) && streamId != 0 ? Status.Success : Status.DcpStreamIdInvalid;
    }

    private static Status ReadCollections(JsonElement collections, BucketManifest manifest, out List<uint>? ids)
    {
        ids = null;
        if (collections.ValueKind != JsonValueKind.Array)
            return Status.InvalidArguments;
        var read = new List<uint>();
        foreach (var text in collections.EnumerateArray())
        {
            if (!TryReadId(text, out var id))
                return Status.InvalidArguments;
            if (!manifest.HasCollection(id))
                return Status.UnknownCollection;
            if (read.Contains(id))
                throw new ProtocolException($"collection {id:x} is named twice in a stream request");
            read.Add(id);
        }
        ids = read;
        return Status.Success;
    }

    private static bool TryReadId(JsonElement text, out uint id)
    {
        id = 0;
        return text.ValueKind == JsonValueKind.String
            && uint.TryParse(text.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}
