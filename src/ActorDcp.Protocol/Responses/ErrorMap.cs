using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Protocol.Responses;

/// <summary>
/// The answer to GET_ERROR_MAP (dcp-reference.md 2.9), which explains statuses that a client may not know: value JSON
/// <c>{"version","revision","errors":{"hex":{"name","desc","attrs"}}}</c>.
/// </summary>
/// <param name="Version">Version of the form.</param>
/// <param name="Revision">Revision of the content.</param>
/// <param name="Errors">What it says about each status.</param>
public sealed record ErrorMap(int Version, int Revision, FrozenDictionary<Status, ErrorDescription> Errors)
{
    /// <summary>A map that explains nothing.</summary>
    public static ErrorMap Empty { get; } = new(0, 0, FrozenDictionary<Status, ErrorDescription>.Empty);

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Not a success, or no error map.</exception>
    public static ErrorMap Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        try
        {
            var reader = new Utf8JsonReader(ResponseRules.InflatedValue(frame));
            using var json = JsonDocument.ParseValue(ref reader);
            return Read(json.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new ProtocolException("the error map cannot be read", error);
        }
    }

    /// <summary>How to react to a status; none when the map does not explain it.</summary>
    public ErrorAttributes AttributesOf(Status status) =>
        Errors.TryGetValue(status, out var error) ? error.Attributes : ErrorAttributes.None;

    private static ErrorMap Read(JsonElement map)
    {
        var errors = new Dictionary<Status, ErrorDescription>();
        foreach (var error in map.GetProperty("errors").EnumerateObject())
        {
            var status = (Status)ushort.Parse(error.Name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            var attributes = ErrorAttributes.None;
            foreach (var attribute in error.Value.GetProperty("attrs").EnumerateArray())
                attributes |= AttributeOf(attribute.GetString());
            errors[status] = new ErrorDescription(
                error.Value.GetProperty("name").GetString() ?? "", error.Value.GetProperty("desc").GetString() ?? "", attributes);
        }
        return new ErrorMap(map.GetProperty("version").GetInt32(), map.GetProperty("revision").GetInt32(), errors.ToFrozenDictionary());
    }

    private static ErrorAttributes AttributeOf(string? name) => name switch
    {
        "success" => ErrorAttributes.Success,
        "item-deleted" => ErrorAttributes.ItemDeleted,
        "item-locked" => ErrorAttributes.ItemLocked,
        "item-only" => ErrorAttributes.ItemOnly,
        "invalid-input" => ErrorAttributes.InvalidInput,
        "fetch-config" => ErrorAttributes.FetchConfig,
        "conn-state-invalidated" => ErrorAttributes.ConnectionStateInvalidated,
        "auth" => ErrorAttributes.Auth,
        "special-handling" => ErrorAttributes.SpecialHandling,
        "support" => ErrorAttributes.Support,
        "temp" => ErrorAttributes.Temporary,
        "internal" => ErrorAttributes.Internal,
        "retry-now" => ErrorAttributes.RetryNow,
        "retry-later" => ErrorAttributes.RetryLater,
        "no-retry" => ErrorAttributes.NoRetry,
        "subdoc" => ErrorAttributes.Subdoc,
        "dcp" => ErrorAttributes.Dcp,
        "rate-limit" => ErrorAttributes.RateLimit,
        "system-constraint" => ErrorAttributes.SystemConstraint,
        _ => ErrorAttributes.None,
    };
}
