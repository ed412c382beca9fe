using System.Globalization;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Group;

/// <summary>The group's filter as the newest manifest has it. Read by anybody, changed by the collections actor.</summary>
internal sealed class GroupFilter(FilterWish wish, ResolvedFilter current)
{
    private volatile ResolvedFilter _current = current;
    private volatile string? _hidden;

    public static GroupFilter Everything() => new(FilterWish.Everything, ResolvedFilter.Everything);

    public FilterWish Wish { get; } = wish;

    public ResolvedFilter Current => _current;

    /// <summary>For a person: which collections the user may not see any more, though they were not dropped; null when there are none.</summary>
    public string? Hidden => _hidden;

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
        _hidden = manifest.Uid == before.ManifestUid ? WordsOf(before, after) : null;
        if (_hidden is not null)
            return false;
        _current = after;
        return !after.AsksForTheSameAs(before);
    }

    /// <summary>A node opened a stream for the present filter: the user may see all of it.</summary>
    public void NoteOpened() => _hidden = null;

    private static string? WordsOf(ResolvedFilter before, ResolvedFilter after)
    {
        var gone = before.CollectionIds.Except(after.CollectionIds).Select(id => $"0x{id.ToString("x", CultureInfo.InvariantCulture)}").ToList();
        if (gone.Count == 0)
            return null;
        var names = after.Missing.Except(before.Missing).ToList();
        return $"the user may not see {string.Join(", ", names.Count > 0 ? names : gone)} any more, which was not dropped: "
            + "the whole group waits, with its other collections too, until the user may again";
    }
}
