using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ActorDcp.Producer.Collections;

/// <summary>The scopes and collections of a bucket at one moment. Immutable.</summary>
public sealed record BucketManifest
{
    private readonly FrozenDictionary<uint, uint> _scopes;

    /// <summary>Makes a manifest.</summary>
    /// <param name="uid">Names it.</param>
    /// <param name="scopes">Its scopes; an id of a scope or collection occurs once.</param>
    /// <exception cref="ArgumentException">An id occurs twice.</exception>
    public BucketManifest(ManifestUid uid, ImmutableArray<ManifestScope> scopes)
    {
        Uid = uid;
        Scopes = scopes;
        var ids = new Dictionary<uint, uint>();
        foreach (var scope in scopes)
            foreach (var collection in scope.Collections)
                if (!ids.TryAdd(collection.Id, scope.Id))
                    throw new ArgumentException($"collection id {collection.Id:x} occurs twice", nameof(scopes));
        if (scopes.DistinctBy(scope => scope.Id).Count() != scopes.Length)
            throw new ArgumentException("a scope id occurs twice", nameof(scopes));
        _scopes = ids.ToFrozenDictionary();
    }

    /// <summary>What every bucket begins with: the default collection in the default scope.</summary>
    public static BucketManifest Initial { get; } = new(
        default, [new ManifestScope(0, CollectionNames.Default, [new ManifestCollection(0, CollectionNames.Default)])]);

    /// <summary>Names this state.</summary>
    public ManifestUid Uid { get; }

    /// <summary>The scopes, oldest first.</summary>
    public ImmutableArray<ManifestScope> Scopes { get; }

    /// <summary>Whether there is a collection of the id.</summary>
    public bool HasCollection(uint id) => _scopes.ContainsKey(id);

    /// <summary>Whether there is a scope of the id.</summary>
    public bool HasScope(uint id) => Scopes.Any(scope => scope.Id == id);

    /// <summary>A scope by name; an empty name means the default scope. Null when there is none.</summary>
    public ManifestScope? FindScope(string name)
    {
        var wanted = NameOrDefault(name);
        return Scopes.FirstOrDefault(scope => scope.Name == wanted);
    }

    /// <summary>A collection by its path; empty names mean the default. Null when there is none.</summary>
    public ManifestCollection? Find(string scope, string collection) => FindScope(scope)?.Find(NameOrDefault(collection));

    /// <summary>What a user sees of it who may see these collections only, null for all: those, and their scopes (dcp-reference.md 2.10).</summary>
    internal BucketManifest SeenBy(IReadOnlySet<uint>? collections) => collections is null
        ? this
        : new BucketManifest(
            Uid,
            [
                .. Scopes.Select(scope => scope with { Collections = [.. scope.Collections.Where(each => collections.Contains(each.Id))] })
                    .Where(scope => !scope.Collections.IsEmpty),
            ]);

    /// <summary>The manifest as GET_COLLECTIONS_MANIFEST and the REST API show it (dcp-reference.md 2.10).</summary>
    public byte[] ToJson() => ManifestJson.Write(this);

    private static string NameOrDefault(string name) => name.Length == 0 ? CollectionNames.Default : name;
}
