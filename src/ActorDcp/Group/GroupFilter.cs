using ActorDcp.Protocol.Responses;

namespace ActorDcp.Group;

/// <summary>The group's filter as the newest manifest has it. Read by anybody, changed by the collections actor.</summary>
internal sealed class GroupFilter(FilterWish wish, ResolvedFilter current)
{
    private volatile ResolvedFilter _current = current;

    public static GroupFilter Everything() => new(FilterWish.Everything, ResolvedFilter.Everything);

    public FilterWish Wish { get; } = wish;

    public ResolvedFilter Current => _current;

    /// <summary>
    /// Resolves anew by a manifest; an older one than the last changes nothing. Neither does the same one without a collection that it
    /// had: nothing was dropped, but the user may not see it any more (dcp-reference.md 2.10), and what is left out now would be missed.
    /// </summary>
    /// <returns>Whether streams are to be asked for something else now.</returns>
    public bool Learn(CollectionsManifest manifest)
    {
        var before = _current;
        if (manifest.Uid < before.ManifestUid)
            return false;
        var after = Wish.Resolve(manifest, before.Bindings);
        if (manifest.Uid == before.ManifestUid && before.CollectionIds.Except(after.CollectionIds).Any())
            return false;
        _current = after;
        return !after.AsksForTheSameAs(before);
    }
}
