using System.Collections.Immutable;

namespace ActorDcp.Producer.Collections;

/// <summary>A manifest and the ids that come next. Immutable: each change gives a new one, or refuses.</summary>
internal sealed record ManifestState(BucketManifest Manifest, uint NextScope, uint NextCollection)
{
    private const uint FirstId = 8;

    public static ManifestState Initial { get; } = new(BucketManifest.Initial, FirstId, FirstId);

    public ManifestState WithScope(string name)
    {
        if (Manifest.FindScope(name) is not null)
            throw new CollectionsException(CollectionsError.ScopeExists, $"Scope with name \"{name}\" already exists");
        return Next(Manifest.Scopes.Add(new ManifestScope(NextScope, name, []))) with { NextScope = NextScope + 1 };
    }

    public ManifestState WithCollection(string scopeName, string name, uint? maxTtl, bool history)
    {
        var scope = RequireScope(scopeName);
        if (scope.Find(name) is not null)
            throw new CollectionsException(
                CollectionsError.CollectionExists, $"Collection with name \"{name}\" in scope \"{scope.Name}\" already exists");
        var collection = new ManifestCollection(NextCollection, name, maxTtl, history);
        return Next(scope, scope.Collections.Add(collection)) with { NextCollection = NextCollection + 1 };
    }

    public ManifestState WithSettings(string scopeName, string name, uint? maxTtl, bool? history)
    {
        var (scope, old) = RequireCollection(scopeName, name);
        var changed = old with { MaxTtl = maxTtl ?? old.MaxTtl, History = history ?? old.History };
        return changed == old ? this : Next(scope, scope.Collections.Replace(old, changed));
    }

    public ManifestState WithoutScope(string name)
    {
        var scope = RequireScope(name);
        if (scope.Id == 0)
            throw new CollectionsException(CollectionsError.NotAllowed, "Deleting _default scope is not allowed");
        return Next(Manifest.Scopes.Remove(scope));
    }

    public ManifestState WithoutCollection(string scopeName, string name)
    {
        var (scope, collection) = RequireCollection(scopeName, name);
        return Next(scope, scope.Collections.Remove(collection));
    }

    public ManifestState Replaced(BucketManifest manifest)
    {
        if (manifest.Uid.Value <= Manifest.Uid.Value)
            throw new CollectionsException(
                CollectionsError.InvalidSetting, $"manifest {manifest.Uid} does not come after {Manifest.Uid}");
        if (!manifest.HasScope(0))
            throw new CollectionsException(CollectionsError.NotAllowed, "Deleting _default scope is not allowed");
        var scopes = manifest.Scopes.Select(scope => scope.Id);
        var collections = manifest.Scopes.SelectMany(scope => scope.Collections).Select(collection => collection.Id);
        return new ManifestState(manifest, Math.Max(NextScope, scopes.Max() + 1), Math.Max(NextCollection, collections.DefaultIfEmpty().Max() + 1));
    }

    private ManifestScope RequireScope(string name) => Manifest.FindScope(name)
        ?? throw new CollectionsException(CollectionsError.ScopeNotFound, $"Scope with name \"{name}\" is not found");

    private (ManifestScope Scope, ManifestCollection Collection) RequireCollection(string scopeName, string name)
    {
        var scope = RequireScope(scopeName);
        return (scope, scope.Find(name.Length == 0 ? CollectionNames.Default : name)
            ?? throw new CollectionsException(
                CollectionsError.CollectionNotFound, $"Collection with name \"{name}\" in scope \"{scope.Name}\" is not found"));
    }

    private ManifestState Next(ManifestScope scope, ImmutableArray<ManifestCollection> collections) =>
        Next(Manifest.Scopes.Replace(scope, scope with { Collections = collections }));

    private ManifestState Next(ImmutableArray<ManifestScope> scopes) =>
        this with { Manifest = new BucketManifest(new ManifestUid(Manifest.Uid.Value + 1), scopes) };
}
