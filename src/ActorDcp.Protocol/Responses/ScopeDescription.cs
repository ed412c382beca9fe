using System.Collections.Immutable;

namespace ActorDcp.Protocol.Responses;

/// <summary>A scope of a manifest.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id.</param>
/// <param name="Collections">Its collections.</param>
public sealed record ScopeDescription(string Name, uint Id, ImmutableArray<CollectionDescription> Collections);
