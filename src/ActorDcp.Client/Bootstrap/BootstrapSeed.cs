namespace ActorDcp.Client;

/// <summary>A place to ask for the first cluster map.</summary>
/// <param name="Endpoint">Where.</param>
/// <param name="Service">How to ask there.</param>
public sealed record BootstrapSeed(KvEndpoint Endpoint, CouchbaseService Service)
{
    /// <summary>The endpoint, and what is asked if it is not the data service.</summary>
    public override string ToString() => Service == CouchbaseService.Management ? $"{Endpoint} (HTTP)" : Endpoint.ToString();
}
