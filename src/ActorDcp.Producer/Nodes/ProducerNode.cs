using System.Net;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Faults;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Nodes;

/// <summary>
/// One data node of an embedded producer: its ports, its copies of vbuckets, its connections and faults. Every member is safe to
/// call from any thread.
/// </summary>
public sealed partial class ProducerNode
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly ProducerCluster _cluster;
    private readonly NodeAddresses _addresses;
    private readonly string? _folder;
    private NodeRun? _run;
    private Bucket? _bucket;
    private DnsEndPoint? _external;

    internal ProducerNode(ProducerCluster cluster, int id, NodeAddresses addresses, string? folder)
    {
        _cluster = cluster;
        _addresses = addresses;
        _folder = folder;
        Id = id;
        Faults = new NodeFaults(this);
    }

    /// <summary>Names the node in the cluster for good: 0, 1, ... in the order in which nodes came; never given again.</summary>
    public int Id { get; }

    /// <summary>Where it listens for plain connections, also while it is stopped.</summary>
    public IPEndPoint Endpoint => _addresses.Plain;

    /// <summary>Where it listens for TLS; null without a certificate.</summary>
    public IPEndPoint? TlsEndpoint => _addresses.Secure;

    /// <summary>Where it answers HTTP; null without <see cref="EmbeddedProducerOptions.HttpPort"/>.</summary>
    public IPEndPoint? HttpEndpoint => _addresses.Http;

    /// <summary>Where it answers HTTP over TLS; null without <see cref="EmbeddedProducerOptions.HttpsPort"/>.</summary>
    public IPEndPoint? HttpsEndpoint => _addresses.Https;

    /// <summary>What a client connects with.</summary>
    public string ConnectionString => $"couchbase://{_cluster.ClientHost(Endpoint)}:{Endpoint.Port}";

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => Volatile.Read(ref _run) is not null;

    /// <summary>The copies that this node holds, active or not. A vbucket without a copy here cannot be asked for.</summary>
    public Bucket Bucket => Volatile.Read(ref _bucket) ?? throw new InvalidOperationException($"node {Id} has not been started yet");

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount => Services?.Connections.Count ?? 0;

    /// <summary>What goes wrong here, on demand.</summary>
    public NodeFaults Faults { get; }

    /// <summary>Whether it keeps its copies in a folder.</summary>
    internal bool HasDisk => _folder is not null;

    /// <summary>What its connections work with; null while it is stopped.</summary>
    internal ProducerServices? Services => Volatile.Read(ref _run)?.Services;

    /// <summary>Host and port of another network that the cluster map names for it; null without.</summary>
    internal DnsEndPoint? External => Volatile.Read(ref _external);

    /// <summary>
    /// Names another address in the cluster map, under the network <c>external</c>, as a node behind a port mapping has one
    /// (dcp-reference.md 2.5 rule 7). What answers there is the caller's business: a relay to <see cref="Endpoint"/>, say. For clients
    /// that ask for that network, or came in by such an address; the next map tells it. Not kept over a restart of the producer.
    /// </summary>
    /// <param name="host">Name or address by which clients reach it.</param>
    /// <param name="port">Port for plain connections there, 1 to 65535.</param>
    public void AdvertiseExternally(string host, int port)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ArgumentOutOfRangeException.ThrowIfNotEqual(port, (ushort)port);
        ArgumentOutOfRangeException.ThrowIfZero(port);
        Volatile.Write(ref _external, new DnsEndPoint(host, port));
        _cluster.AdvanceAddresses();
    }

    /// <summary>State of this node's copy of a vbucket; null when it has none.</summary>
    public VBucketState? StateOf(VBucketId vbucket) => Bucket.TryFind(vbucket)?.State;

    /// <summary>Cuts every connection. Returns how many.</summary>
    public int DropConnections()
    {
        var dropped = 0;
        foreach (var connection in Services?.Connections.All ?? [])
        {
            connection.Drop("dropped by request");
            dropped++;
        }
        return dropped;
    }

    /// <summary>Stops sending stream messages on all connections. No-ops and answers go on.</summary>
    public void StallDelivery() => Faults.StallDelivery();

    /// <summary>Ends <see cref="StallDelivery"/>.</summary>
    public void ResumeDelivery() => Faults.ResumeDelivery();

    /// <summary>Answers the next requests on a selected bucket with a status instead of serving them.</summary>
    /// <param name="status">What to answer.</param>
    /// <param name="count">How many requests.</param>
    /// <param name="opcode">Only requests of this kind; null for any but BUFFER_ACK.</param>
    public void AnswerNext(Status status, int count = 1, Opcode? opcode = null) => Faults.AnswerNext(status, count, opcode);

    /// <inheritdoc/>
    public override string ToString() => $"node {Id} at {Endpoint}";
}
