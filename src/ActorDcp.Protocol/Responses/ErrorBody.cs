using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Protocol.Responses;

/// <summary>
/// The JSON body of a refused request (dcp-reference.md 1.11): <c>{"error":{"context","ref"},"manifest_uid"}</c>, each part optional.
/// </summary>
/// <param name="Context">The server's own words; empty when it has none.</param>
/// <param name="Reference">Id under which the server logged it; empty when it did not.</param>
/// <param name="ManifestUid">Manifest of the server, where a scope or collection is unknown.</param>
public sealed record ErrorBody(string Context, string Reference, ulong? ManifestUid)
{
    /// <summary>The server said nothing.</summary>
    public static ErrorBody Empty { get; } = new("", "", null);

    /// <summary>Reads the body of a refused request. A body that is not of this form counts as empty: what matters is the status.</summary>
    public static ErrorBody Read(in Frame frame)
    {
        try
        {
            var value = ResponseRules.InflatedValue(frame);
            if (value.IsEmpty || value[0] != (byte)'{')
                return Empty;
            var reader = new Utf8JsonReader(value);
            using var json = JsonDocument.ParseValue(ref reader);
            return Read(json.RootElement);
        }
        catch (Exception error) when (error is JsonException or ProtocolException or InvalidOperationException)
        {
            return Empty;
        }
    }

    private static ErrorBody Read(JsonElement body)
    {
        string context = "", reference = "";
        if (body.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            context = TextOf(error, "context");
            reference = TextOf(error, "ref");
        }
        ulong? manifest =
            ulong.TryParse(TextOf(body, "manifest_uid"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var uid)
                ? uid
                : null;
        return new ErrorBody(context, reference, manifest);
    }

    private static string TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
