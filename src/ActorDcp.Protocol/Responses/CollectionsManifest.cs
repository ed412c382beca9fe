using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Protocol.Responses;

/// <summary>The scopes and collections that a user may see (dcp-reference.md 2.10). Ids travel as hexadecimal text.</summary>
/// <param name="Uid">Manifest.</param>
/// <param name="Scopes">Scopes with their collections.</param>
public sealed record CollectionsManifest(ulong Uid, ImmutableArray<ScopeDescription> Scopes)
{
    /// <summary>Reads the answer to GET_COLLECTIONS_MANIFEST.</summary>
    /// <exception cref="ProtocolException">Not a success, or not a manifest.</exception>
    public static CollectionsManifest Read(in Frame frame)
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
            throw new ProtocolException("the collections manifest cannot be read", error);
        }
    }

    /// <summary>Finds a collection by its path; an empty name means <c>_default</c>.</summary>
    /// <returns>Null when the user sees no such collection.</returns>
    public CollectionDescription? Find(string scope, string collection)
    {
        foreach (var candidate in Scopes)
        {
            if (candidate.Name != NameOrDefault(scope))
                continue;
            foreach (var description in candidate.Collections)
                if (description.Name == NameOrDefault(collection))
                    return description;
        }
        return null;
    }

    private static string NameOrDefault(string name) => name.Length == 0 ? "_default" : name;

    private static CollectionsManifest Read(JsonElement manifest)
    {
        var scopes = ImmutableArray.CreateBuilder<ScopeDescription>();
        foreach (var scope in manifest.GetProperty("scopes").EnumerateArray())
        {
            var collections = ImmutableArray.CreateBuilder<CollectionDescription>();
            foreach (var collection in scope.GetProperty("collections").EnumerateArray())
            {
                collections.Add(new CollectionDescription(
                    NameOf(collection), checked((uint)HexOf(collection)),
                    collection.TryGetProperty("maxTTL", out var ttl) ? ttl.GetInt64() : null));
            }
            scopes.Add(new ScopeDescription(
                NameOf(scope), checked((uint)HexOf(scope)), collections.ToImmutable()));
        }
        return new CollectionsManifest(HexOf(manifest), scopes.ToImmutable());
    }

    private static string NameOf(JsonElement parent) =>
        parent.GetProperty("name").GetString() ?? throw new FormatException("a scope or collection without a name");

    private static ulong HexOf(JsonElement parent) =>
        ulong.Parse(parent.GetProperty("uid").GetString() ?? "", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
