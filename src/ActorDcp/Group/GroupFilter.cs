using ActorDcp.Protocol.Responses;

namespace ActorDcp.Group;

/// <summary>The group's filter as the newest manifest has it. Read by anybody, changed by the collections actor.</summary>
internal sealed class GroupFilter(FilterWish wish, ResolvedFilter current)
{
    private volatile ResolvedFilter _current = current;

    public static GroupFilter Everything() => new(FilterWish.Everything, ResolvedFilter.Everything);

    public FilterWish Wish { get; } = wish;

    public ResolvedFilter Current => _current;

    /// <summary>Resolves anew by a manifest; an older one than the last changes nothing.</summary>
    /// <returns>Whether streams are to be asked for something else now.</returns>
    public bool Learn(CollectionsManifest manifest)
    {
        var before = _current;
        if (manifest.Uid < before.ManifestUid)
            return false;
        var after = Wish.Resolve(manifest, before.Bindings);
        _current = after;
        return !after.AsksForTheSameAs(before);
    }
}
