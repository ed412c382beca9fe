using System.Globalization;
using ActorDcp.Client;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Group;

/// <summary>
/// What a group is to stream, as its configuration says it: collections or one scope, by name or by number. What that comes to depends
/// on the bucket's collections manifest and changes with it.
/// </summary>
/// <param name="Collections">Collections; empty for all.</param>
/// <param name="Scope">One scope instead; null for none.</param>
internal sealed record FilterWish(IReadOnlyList<FilterName> Collections, FilterName? Scope)
{
    private const char Binding = '=';

    /// <summary>Everything.</summary>
    public static FilterWish Everything { get; } = new([], null);

    public bool IsEverything => Scope is null && Collections.Count == 0;

    /// <summary>
    /// With several collections a name stays bound to the number that it had at the group's first start: a collection that is made anew
    /// begins below what the others were read up to. One alone, or a scope, ends its streams when it is dropped, so its next namesake
    /// is read from its first change.
    /// </summary>
    private bool IsBound => Collections.Count > 1;

    /// <summary>A text that is the same exactly when two wishes let the same through, whatever the manifest.</summary>
    public string Fingerprint(IReadOnlyDictionary<string, uint> bound)
    {
        if (IsEverything)
            return "";
        if (Scope is { } scope)
            return scope.Id is { } id ? $"scope:{Hex(id)}" : $"scope:{scope.Text}";
        var ids = Collections.Select(name => name.Id).OfType<uint>().Distinct().Order().Select(Hex);
        var names = Collections.Where(name => name.Id is null).Select(name => name.Text).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => IsBound && bound.TryGetValue(name, out var id) ? $"{name}{Binding}{Hex(id)}" : name);
        return $"collections:{string.Join(',', ids.Concat(names))}";
    }

    /// <summary>The numbers that names were bound to, from a fingerprint.</summary>
    public static IReadOnlyDictionary<string, uint> BindingsIn(string fingerprint)
    {
        var bound = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var part in fingerprint.Split(':')[^1].Split(','))
        {
            var at = part.IndexOf(Binding, StringComparison.Ordinal);
            if (at > 0 && uint.TryParse(part.AsSpan(at + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id))
                bound[part[..at]] = id;
        }
        return bound;
    }

    /// <summary>What the wish comes to.</summary>
    /// <param name="manifest">The bucket's manifest.</param>
    /// <param name="bound">Numbers that names are bound to; a name without one is bound to what it means now.</param>
    public ResolvedFilter Resolve(CollectionsManifest manifest, IReadOnlyDictionary<string, uint> bound)
    {
        if (IsEverything)
            return ResolvedFilter.Everything;
        if (Scope is { } wanted)
            return ResolveScope(manifest, wanted);
        List<uint> ids = [];
        List<string> missing = [], replaced = [];
        var bindings = new Dictionary<string, uint>(bound, StringComparer.Ordinal);
        foreach (var name in Collections)
        {
            if (Find(manifest, name) is not { } id)
            {
                missing.Add(name.Text);
                continue;
            }
            if (IsBound && name.Id is null && bindings.TryGetValue(name.Text, out var first) && first != id)
            {
                replaced.Add(name.Text);
                continue;
            }
            if (IsBound && name.Id is null)
                bindings[name.Text] = id;
            // the node closes the connection on a number that comes twice (dcp-reference.md 10, quirk 7)
            if (!ids.Contains(id))
                ids.Add(id);
        }
        ids.Sort();
        return new ResolvedFilter(ids.Count == 0 ? null : new StreamFilter(CollectionIds: ids), ids, manifest.Uid)
        {
            Missing = missing, Replaced = replaced, Bindings = bindings, LeftOut = IsBound ? LeftOut(ids, bindings) : [],
        };
    }

    private uint[] LeftOut(List<uint> present, Dictionary<string, uint> bindings) =>
    [
        .. Collections.Select(name => name.Id ?? (bindings.TryGetValue(name.Text, out var id) ? id : null)).OfType<uint>()
            .Except(present).Order(),
    ];

    private static ResolvedFilter ResolveScope(CollectionsManifest manifest, FilterName wanted)
    {
        foreach (var scope in manifest.Scopes)
            if (wanted.Id is { } id ? scope.Id == id : scope.Name == wanted.Text)
                return new ResolvedFilter(
                    new StreamFilter(ScopeId: scope.Id), [.. scope.Collections.Select(collection => collection.Id)], manifest.Uid);
        return new ResolvedFilter(null, [], manifest.Uid) { Missing = [wanted.Text] };
    }

    private static uint? Find(CollectionsManifest manifest, FilterName name)
    {
        if (name.Id is { } id)
            return manifest.Scopes.Any(scope => scope.Collections.Any(collection => collection.Id == id)) ? id : null;
        var dot = name.Text.IndexOf('.', StringComparison.Ordinal);
        return manifest.Find(name.Text[..dot], name.Text[(dot + 1)..])?.Id;
    }

    private static string Hex(uint id) => id.ToString("x", CultureInfo.InvariantCulture);
}
