namespace ActorDcp.Protocol.Responses;

/// <summary>A collection of a manifest.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id.</param>
/// <param name="MaxTtl">Largest time to live of its documents in seconds; null when not set, -1 when they never expire.</param>
public sealed record CollectionDescription(string Name, uint Id, long? MaxTtl);
