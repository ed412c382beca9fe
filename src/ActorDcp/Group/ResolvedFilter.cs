using System.Collections.Frozen;
using ActorDcp.Client;

namespace ActorDcp.Group;

/// <summary>What a group's filter comes to under one collections manifest.</summary>
/// <param name="Filter">What streams are asked for; null for everything, or where nothing of it is there.</param>
/// <param name="CollectionIds">The collections that streams can bring; empty for everything.</param>
/// <param name="ManifestUid">The manifest.</param>
internal sealed record ResolvedFilter(StreamFilter? Filter, IReadOnlyList<uint> CollectionIds, ulong ManifestUid)
{
    public static ResolvedFilter Everything { get; } = new(null, [], 0);

    /// <summary>What the configuration names and the bucket does not have.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Names that mean another collection now than when the group began.</summary>
    public IReadOnlyList<string> Replaced { get; init; } = [];

    /// <summary>What names are bound to.</summary>
    public IReadOnlyDictionary<string, uint> Bindings { get; init; } = FrozenDictionary<string, uint>.Empty;

    /// <summary>
    /// Collections that the others are read without, by number, in order: dropped, or hidden from the user. One alone is waited for
    /// instead.
    /// </summary>
    public IReadOnlyList<uint> LeftOut { get; init; } = [];

    /// <summary>Nothing of what the configuration names is there: no stream may be asked for, for that would bring everything.</summary>
    public bool IsEmpty => Filter is null && Missing.Count + Replaced.Count > 0;

    /// <summary>Whether streams would be asked for the same.</summary>
    public bool AsksForTheSameAs(ResolvedFilter other) =>
        IsEmpty == other.IsEmpty && Filter?.ScopeId == other.Filter?.ScopeId
        && (Filter?.CollectionIds ?? []).SequenceEqual(other.Filter?.CollectionIds ?? []);

    /// <summary>What is wrong with it, for a person; null when nothing is.</summary>
    public string? Trouble
    {
        get
        {
            List<string> words = [];
            if (Missing.Count > 0)
                words.Add($"{string.Join(", ", Missing)} {(Missing.Count == 1 ? "is" : "are")} not in the bucket, or the user may not see {(Missing.Count == 1 ? "it" : "them")}");
            if (Replaced.Count > 0)
                words.Add($"{string.Join(", ", Replaced)} was dropped and made anew, which a group of several collections cannot follow without a gap: give the new one a group of its own");
            return words.Count == 0 ? null : string.Join("; ", words);
        }
    }
}
