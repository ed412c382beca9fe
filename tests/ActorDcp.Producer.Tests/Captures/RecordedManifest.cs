using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Follows the manifest of a recorded bucket through its system events.</summary>
internal static class RecordedManifest
{
    public static BucketManifest After(BucketManifest manifest, IEnumerable<SystemEventRecord> events)
    {
        var scopes = manifest.Scopes;
        var uid = manifest.Uid.Value;
        foreach (var told in events)
        {
            scopes = Apply(scopes, told);
            uid = Math.Max(uid, told.ManifestUid);
        }
        return new BucketManifest(new ManifestUid(Math.Max(uid, manifest.Uid.Value + 1)), scopes);
    }

    /// <summary>A change of a collection of which only the seqno is known: its begin, or a document of the default one.</summary>
    public static StoredItem ChangeOf(BucketManifest manifest, uint collection, ulong seqno)
    {
        foreach (var scope in manifest.Scopes)
            foreach (var found in scope.Collections)
                if (found.Id == collection && collection != 0)
                    return new SystemEventRecord(CollectionEventKind.CollectionBegin, manifest.Uid.Value, scope.Id, collection, found.Name, found.MaxTtl, found.History)
                        .ToItem(seqno, cas: seqno, rev: 1);
        return UnseenDocuments.Make(collection, seqno);
    }

    private static ImmutableArray<ManifestScope> Apply(ImmutableArray<ManifestScope> scopes, SystemEventRecord told)
    {
        if (told.Kind == CollectionEventKind.ScopeCreate)
            return scopes.Any(scope => scope.Id == told.ScopeId) ? scopes : scopes.Add(new ManifestScope(told.ScopeId, told.Name, []));
        if (told.Kind == CollectionEventKind.ScopeDrop)
            return scopes.RemoveAll(scope => scope.Id == told.ScopeId);
        if (scopes.FirstOrDefault(scope => scope.Id == told.ScopeId) is not { } home)
            return scopes;
        var others = home.Collections.RemoveAll(collection => collection.Id == told.CollectionId);
        if (told.Kind != CollectionEventKind.CollectionEnd)
            others = others.Add(new ManifestCollection(told.CollectionId, told.Name, told.MaxTtl, told.History));
        return scopes.Replace(home, home with { Collections = others });
    }
}
