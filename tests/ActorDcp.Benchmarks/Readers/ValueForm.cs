namespace ActorDcp.Benchmarks.Readers;

/// <summary>What a measured document is like.</summary>
public enum ValueForm
{
    /// <summary>A JSON document, no collections.</summary>
    Plain,

    /// <summary>With collections in force.</summary>
    Collections,

    /// <summary>With collections and extended attributes.</summary>
    Xattr,

    /// <summary>With collections, compressed.</summary>
    Snappy,
}
