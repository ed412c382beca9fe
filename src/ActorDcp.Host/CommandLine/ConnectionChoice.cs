using ActorDcp.Client;

namespace ActorDcp.Host.CommandLine;

/// <summary>Where Couchbase is, and as whom and for which bucket to enter.</summary>
/// <param name="Address">The connection text.</param>
/// <param name="Kv">Options of a connection; the endpoint in them is replaced by each node's own.</param>
internal sealed record ConnectionChoice(CouchbaseAddress Address, KvConnectionOptions Kv)
{
    public string Bucket => Kv.Bucket!;

    public bool IsTls => Kv.Tls is not null;

    /// <summary>Finds the places to ask first.</summary>
    public BootstrapSeeds Seeds(TimeProvider time, ILogger log) => new(Address, IsTls, time, log);
}
