namespace ActorDcp.Client;

/// <summary>What listens on a port of a node.</summary>
public enum CouchbaseService
{
    /// <summary>Key-value and DCP; <c>mcd</c> in a connection text.</summary>
    Data,
    /// <summary>HTTP; <c>http</c> in a connection text.</summary>
    Management,
}
