using System.Text.Json;

namespace ActorDcp.Producer.Statistics;

/// <summary>The JSON value of STAT dcp: what to show of streams, and of whose connections (dcp-reference.md 3.20).</summary>
internal sealed record DcpStatisticsFilter(string StreamFormat, string? User, int? Port)
{
    private const string Legacy = "legacy";

    public bool ShowsStreams => StreamFormat != "skip";

    /// <summary>Reads it. An empty value means everything.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, out DcpStatisticsFilter filter)
    {
        filter = new DcpStatisticsFilter(Legacy, null, null);
        if (value.IsEmpty)
            return true;
        try
        {
            var reader = new Utf8JsonReader(value);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return false;
            if (root.TryGetProperty("stream_format", out var format))
                filter = filter with { StreamFormat = format.GetString() ?? "" };
            if (root.TryGetProperty("filter", out var of) && of.ValueKind == JsonValueKind.Object)
                filter = filter with
                {
                    User = of.TryGetProperty("user", out var user) ? user.GetString() : null,
                    Port = of.TryGetProperty("port", out var port) ? port.GetInt32() : null,
                };
            return filter.StreamFormat is Legacy or "json" or "skip";
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }
}
