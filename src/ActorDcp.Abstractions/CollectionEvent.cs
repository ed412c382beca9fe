namespace ActorDcp;

/// <summary>What happened to a scope or collection (dcp-reference.md 3.12). Unknown codes are kept.</summary>
public enum CollectionEventKind : uint
{
    /// <summary>A collection was created, or flushed when it begins again at a higher seqno.</summary>
    CollectionBegin = 0,
    /// <summary>A collection was dropped; its documents get no deletions of their own.</summary>
    CollectionEnd = 1,
    /// <summary>A scope was created.</summary>
    ScopeCreate = 3,
    /// <summary>A scope was dropped.</summary>
    ScopeDrop = 4,
    /// <summary>A collection's settings changed.</summary>
    CollectionModify = 5,
}

/// <summary>A change of a scope or collection, as a SYSTEM_EVENT tells it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="ManifestUid">Manifest that did it.</param>
/// <param name="ScopeId">Scope concerned.</param>
/// <param name="CollectionId">Collection concerned; null for scope events.</param>
/// <param name="Name">Name of the collection or scope; null where the event carries none.</param>
/// <param name="MaxTtl">Largest time to live of the collection's documents in seconds; null when not set.</param>
public sealed record CollectionEvent(
    CollectionEventKind Kind,
    ulong ManifestUid,
    uint ScopeId,
    uint? CollectionId,
    string? Name,
    uint? MaxTtl);
