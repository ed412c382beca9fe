namespace ActorDcp.Producer.Collections;

/// <summary>A change of scopes and collections is refused; nothing has changed.</summary>
public sealed class CollectionsException : Exception
{
    internal CollectionsException(CollectionsError error, string message, string? field = null)
        : base(message)
    {
        Error = error;
        Field = field;
    }

    /// <summary>Why.</summary>
    public CollectionsError Error { get; }

    /// <summary>The argument that is wrong, as Couchbase's REST API calls it: <c>name</c> or <c>maxTTL</c>; null when none is.</summary>
    public string? Field { get; }
}
