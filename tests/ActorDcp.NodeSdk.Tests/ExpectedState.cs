using System.Text.Json;

namespace ActorDcp.NodeSdk.Tests;

/// <summary>What a session of the SDK says that every document must be now.</summary>
internal static class ExpectedState
{
    private const int XattrBit = 4;
    private const long ClocksDifferBy = 3;

    public static Dictionary<string, JsonElement> Read(string file) => File.ReadLines(file)
        .Select(text => JsonSerializer.Deserialize<JsonElement>(text))
        .ToDictionary(line => $"{line.GetProperty("path").GetString()} {line.GetProperty("key").GetString()}");

    /// <summary>Where a drained line is not what it must be; empty where it is.</summary>
    public static IEnumerable<string> Differences(JsonElement expected, JsonElement drained)
    {
        foreach (var name in (string[])["type", "cas", "flags", "len", "sha1", "value", "value_base64"])
            if (expected.TryGetProperty(name, out var wanted) && wanted.ValueKind != JsonValueKind.Null
                && !(drained.TryGetProperty(name, out var found) && JsonElement.DeepEquals(wanted, found)))
                yield return $"{name} must be {wanted}";
        if (expected.TryGetProperty("expiry", out var expiry) && Math.Abs(expiry.GetInt64() - drained.GetProperty("expiry").GetInt64()) > ClocksDifferBy)
            yield return $"expiry must be about {expiry}";
        if (expected.GetProperty("xattrs").GetBoolean() != ((drained.GetProperty("datatype").GetInt32() & XattrBit) != 0))
            yield return $"xattrs must be {expected.GetProperty("xattrs")}";
    }
}
