namespace ActorDcp.Producer.Buckets;

/// <summary>A collection was dropped while a change of one of its documents was on its way; nothing has changed.</summary>
internal sealed class UnknownCollectionException(uint collection)
    : InvalidOperationException($"there is no collection with id {collection:x}");
