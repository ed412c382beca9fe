namespace ActorDcp.Producer.Collections;

/// <summary>A collection of a bucket's manifest.</summary>
/// <param name="Id">Its id: 0 the default collection, 8 and up the others. Never used again.</param>
/// <param name="Name">Its name.</param>
/// <param name="MaxTtl">Longest time its documents live, in seconds; 0 for ever whatever the bucket says; null not set.</param>
/// <param name="History">Whether its changes are told as history, where storage keeps any.</param>
public sealed record ManifestCollection(uint Id, string Name, uint? MaxTtl = null, bool History = false);
