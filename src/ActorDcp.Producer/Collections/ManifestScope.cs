using System.Collections.Immutable;

namespace ActorDcp.Producer.Collections;

/// <summary>A scope of a bucket's manifest.</summary>
/// <param name="Id">Its id: 0 the default scope, 8 and up the others. Never used again.</param>
/// <param name="Name">Its name.</param>
/// <param name="Collections">Its collections, oldest first.</param>
public sealed record ManifestScope(uint Id, string Name, ImmutableArray<ManifestCollection> Collections)
{
    /// <summary>A collection of this scope; null when there is none of the name.</summary>
    public ManifestCollection? Find(string collection) => Collections.FirstOrDefault(candidate => candidate.Name == collection);
}
