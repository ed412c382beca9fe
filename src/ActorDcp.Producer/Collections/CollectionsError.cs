namespace ActorDcp.Producer.Collections;

/// <summary>Why a change of scopes and collections is refused.</summary>
public enum CollectionsError
{
    /// <summary>The name breaks Couchbase's rules.</summary>
    InvalidName,
    /// <summary>A setting is out of its range, or an id is reserved or used twice.</summary>
    InvalidSetting,
    /// <summary>There is a scope of that name.</summary>
    ScopeExists,
    /// <summary>There is no scope of that name.</summary>
    ScopeNotFound,
    /// <summary>There is a collection of that name in the scope.</summary>
    CollectionExists,
    /// <summary>There is no collection of that name in the scope.</summary>
    CollectionNotFound,
    /// <summary>The default scope cannot be dropped, nor the default collection be made again.</summary>
    NotAllowed,
}
