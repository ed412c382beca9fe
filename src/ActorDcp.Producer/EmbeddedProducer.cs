using System.Net;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer;

/// <summary>
/// Couchbase data nodes in this process, one unless told otherwise: they serve one bucket to KV and DCP clients over the real wire
/// protocol, and let tests write without a socket and cause faults. Every member is safe to call from any thread. Dispose it to stop.
/// </summary>
public sealed partial class EmbeddedProducer : IAsyncDisposable
{
    private readonly ProducerCluster _cluster;

    private EmbeddedProducer(ProducerCluster cluster) => _cluster = cluster;

    /// <summary>Where the first node listens for plain connections.</summary>
    public IPEndPoint Endpoint => First.Endpoint;

    /// <summary>Where the first node listens for TLS; null without a certificate.</summary>
    public IPEndPoint? TlsEndpoint => First.TlsEndpoint;

    /// <summary>Where the first node answers HTTP; null without <see cref="EmbeddedProducerOptions.HttpPort"/>.</summary>
    public IPEndPoint? HttpEndpoint => First.HttpEndpoint;

    /// <summary>Where the first node answers HTTP over TLS; null without <see cref="EmbeddedProducerOptions.HttpsPort"/>.</summary>
    public IPEndPoint? HttpsEndpoint => First.HttpsEndpoint;

    /// <summary>What a client connects with: all nodes.</summary>
    public string ConnectionString => $"couchbase://{Hosts(node => node.Endpoint)}";

    /// <summary>What a client connects with over TLS; null without a certificate.</summary>
    public string? TlsConnectionString => TlsEndpoint is null ? null : $"couchbases://{Hosts(node => node.TlsEndpoint!)}";

    /// <summary>The bucket. What is asked of a vbucket goes to its active copy, on whichever node that is.</summary>
    public Bucket Bucket => _cluster.Bucket;

    /// <summary>Connections that are open, on all nodes.</summary>
    public int ConnectionCount => Nodes.Sum(node => node.ConnectionCount);

    internal ProducerCluster Cluster => _cluster;

    private ProducerNode First => _cluster.Topology.Members[0];

    /// <summary>Starts a producer with its settings in words. It listens when this returns.</summary>
    /// <inheritdoc cref="StartAsync(EmbeddedProducerOptions, CancellationToken)"/>
    public static Task<EmbeddedProducer> StartAsync(Action<EmbeddedProducerBuilder> configure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new EmbeddedProducerBuilder();
        configure(builder);
        return StartAsync(builder.Options, cancellationToken);
    }

    /// <summary>Starts a producer. It listens when this returns.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the text names it, its value and the mend.</exception>
    /// <exception cref="IOException">The data folder cannot be used, or does not fit the options.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public static async Task<EmbeddedProducer> StartAsync(EmbeddedProducerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var address = await OptionsCheck.ResolveAsync(options, cancellationToken);
        return new EmbeddedProducer(await ProducerCluster.StartAsync(options, address, cancellationToken));
    }

    /// <summary>Loses the newest changes of a vbucket, as a failover to a replica that lagged so far would: a new branch begins, streams end with reason 2. Durable when this returns.</summary>
    /// <exception cref="InvalidOperationException">So old a state is not kept: set <see cref="EmbeddedProducerOptions.KeepHistory"/>.</exception>
    public void LoseNewest(VBucketId vbucket, int count)
    {
        Bucket.Find(vbucket).LoseNewest(count);
        _cluster.MakeDurable();
    }

    /// <summary>Begins a new branch of a vbucket at a seqno; what is above is lost, streams end with reason 2. Durable when this returns.</summary>
    /// <inheritdoc cref="LoseNewest"/>
    public void Failover(VBucketId vbucket, Seqno atSeqno)
    {
        Bucket.Find(vbucket).Failover(atSeqno.Value);
        _cluster.MakeDurable();
    }

    /// <summary>
    /// Changes a vbucket's state; its streams end with reason 2, and clients that asked for it are sent the new cluster map. A replica
    /// that becomes active begins a branch: where its newest checkpoint began, if it was active before (dcp-reference.md 5.3, 10.11).
    /// </summary>
    public void SetState(VBucketId vbucket, VBucketState state)
    {
        Bucket.Find(vbucket).ChangeState(state);
        _cluster.Advance();
    }

    /// <summary>Drops tombstones up to and with a seqno, never the newest change. Durable when this returns how many (dcp-reference.md 4.8).</summary>
    public int PurgeTombstones(VBucketId vbucket, Seqno throughSeqno)
    {
        var purged = Bucket.Find(vbucket).PurgeTombstones(throughSeqno.Value);
        _cluster.MakeDurable();
        return purged;
    }

    /// <summary>Forgets what checkpoints hold in memory, so that streams that come behind begin with a disk snapshot.</summary>
    public void ExpelCheckpoints(VBucketId vbucket) => Bucket.Find(vbucket).ExpelCheckpoints();

    /// <summary>Cuts every connection of every node. Returns how many.</summary>
    public int DropConnections() => Nodes.Sum(node => node.DropConnections());

    /// <summary>Stops sending stream messages on all connections. No-ops and answers go on.</summary>
    public void StallDelivery() => ForEach(node => node.StallDelivery());

    /// <summary>Ends <see cref="StallDelivery"/>.</summary>
    public void ResumeDelivery() => ForEach(node => node.ResumeDelivery());

    /// <summary>Answers the next requests of clients on a selected bucket with a status instead of serving them, on each node so many.</summary>
    /// <param name="status">What to answer.</param>
    /// <param name="count">How many requests.</param>
    /// <param name="opcode">Only requests of this kind; null for any but BUFFER_ACK.</param>
    public void AnswerNext(Status status, int count = 1, Opcode? opcode = null) => ForEach(node => node.AnswerNext(status, count, opcode));

    /// <summary>Stops: connections are closed, everything written is made durable, the folders are marked as closed cleanly.</summary>
    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>Stops as a crash would: nothing is flushed, and the next start finds an unclean stop.</summary>
    public ValueTask CrashAsync() => new(_cluster.StopAsync(clean: false));

    private void ForEach(Action<ProducerNode> act)
    {
        foreach (var node in Nodes)
            act(node);
    }

    private string Hosts(Func<ProducerNode, IPEndPoint> at) =>
        string.Join(",", Nodes.Select(node => $"{_cluster.ClientHost(at(node))}:{at(node).Port}"));
}
