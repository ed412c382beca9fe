using System.Globalization;
using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>The JSON value of a stream request (dcp-reference.md 3.3). Only the default collection is there to be asked for.</summary>
internal sealed record StreamFilter
{
    private static readonly string[] KnownKeys = ["uid", "sid", "collections", "scope", "purge_seqno", "cts"];

    /// <summary>Everything.</summary>
    public static StreamFilter None { get; } = new();

    public ushort StreamId { get; init; }

    public ulong PurgeSeqno { get; init; }

    /// <summary>A list of collections was given, and it is empty: nothing is streamed.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Reads a value. An empty one means everything.</summary>
    public static Status TryRead(ReadOnlySpan<byte> value, out StreamFilter filter)
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
                : Read(document.RootElement, out filter);
        }
        catch (JsonException)
        {
            return Status.InvalidArguments;
        }
    }

    private static Status Read(JsonElement root, out StreamFilter filter)
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
        if (hasScope)
            status = ReadId(scope, Status.UnknownScope);
        if (hasCollections)
            status = ReadCollections(collections);
        filter = new StreamFilter
        {
            StreamId = streamId,
            PurgeSeqno = purge,
            IsEmpty = hasCollections && status == Status.Success && collections.GetArrayLength() == 0,
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

    private static Status ReadCollections(JsonElement collections)
    {
        if (collections.ValueKind != JsonValueKind.Array)
            return Status.InvalidArguments;
        foreach (var id in collections.EnumerateArray())
            if (ReadId(id, Status.UnknownCollection) is var status and not Status.Success)
                return status;
        return Status.Success;
    }

    private static Status ReadId(JsonElement id, Status whenUnknown)
    {
        if (id.ValueKind != JsonValueKind.String
            || !uint.TryParse(id.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return Status.InvalidArguments;
        return number == 0 ? Status.Success : whenUnknown;
    }
}
