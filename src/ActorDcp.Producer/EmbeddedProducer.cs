using System.Net;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Http;
using ActorDcp.Producer.Storage;
using ActorDcp.Producer.Topology;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer;

/// <summary>
/// A small Couchbase data node in this process: it serves one bucket to KV and DCP clients over the real wire protocol, and lets
/// tests write without a socket and cause faults. Every member is safe to call from any thread. Dispose it to stop.
/// </summary>
public sealed class EmbeddedProducer : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly ProducerServices _services;
    private readonly BucketStore? _store;
    private readonly KvListener _listener;
    private readonly KvListener? _tlsListener;
    private readonly ProducerHttp? _http;
    private readonly ITimer _tick;
    private readonly ITimer _expiryPager;
    private int _disposed;

    private EmbeddedProducer(ProducerServices services, BucketStore? store, KvListener listener, KvListener? tlsListener, ProducerHttp? http)
    {
        _services = services;
        _store = store;
        _listener = listener;
        _tlsListener = tlsListener;
        _http = http;
        _tick = services.Time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
        var paging = services.Options.ExpiryPagerInterval;
        _expiryPager = services.Time.CreateTimer(_ => Bucket.RunExpiryPager(), null, paging, paging);
        _listener.Start(services);
        _tlsListener?.Start(services);
        services.Log.Started(Bucket.Name, Bucket.VBucketCount, Endpoint);
    }

    /// <summary>Where it listens for plain connections.</summary>
    public IPEndPoint Endpoint => _listener.EndPoint;

    /// <summary>Where it listens for TLS; null without a certificate.</summary>
    public IPEndPoint? TlsEndpoint => _tlsListener?.EndPoint;

    /// <summary>Where it answers HTTP; null without <see cref="EmbeddedProducerOptions.HttpPort"/>.</summary>
    public IPEndPoint? HttpEndpoint => _http?.EndPoint;

    /// <summary>What a client connects with.</summary>
    public string ConnectionString => $"couchbase://{ClientHost}:{Endpoint.Port}";

    /// <summary>What a client connects with over TLS; null without a certificate.</summary>
    public string? TlsConnectionString => TlsEndpoint is null ? null : $"couchbases://{ClientHost}:{TlsEndpoint.Port}";

    /// <summary>The bucket.</summary>
    public Bucket Bucket => _services.Bucket;

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount => _services.Connections.Count;

    private string ClientHost => IPAddress.IsLoopback(Endpoint.Address) || Endpoint.Address.Equals(IPAddress.Any) ? "127.0.0.1" : _services.Options.Host;

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
        var log = options.LoggerFactory.CreateLogger("ActorDcp.Producer");
        var settings = new BucketSettings
        {
            Name = options.Bucket,
            VBuckets = options.VBuckets,
            Ephemeral = options.Ephemeral,
            KeepHistory = options.KeepHistory,
            CheckpointMaxItems = options.CheckpointMaxItems,
            Time = options.TimeProvider,
            Collections = new BucketCollections(options.DataDirectory is null ? null : new ManifestFile(options.DataDirectory)),
        };
        KvListener? listener = null, tlsListener = null;
        BucketStore? store = null;
        ProducerHttp? http = null;
        try
        {
            listener = KvListener.Bind(new IPEndPoint(address, options.Port), tls: null);
            if (options.TlsCertificate is not null)
                tlsListener = KvListener.Bind(new IPEndPoint(address, options.TlsPort), TlsSetup.Of(options));
            StoredBucket? stored = null;
            if (options.DataDirectory is not null)
                (store, stored) = BucketStore.Open(options.DataDirectory, settings, log);
            var bucket = new Bucket(settings, store, stored);
            store?.Start(bucket);
            var services = new ProducerServices
            {
                Options = options,
                Bucket = bucket,
                Accounts = new UserAccounts(options.User, options.Password),
                ClusterMap = new ClusterMap(bucket, options.Host, listener.EndPoint, tlsListener?.EndPoint),
                Faults = new FaultPlan(),
                Connections = new ConnectionRegistry(),
                Log = log,
            };
            if (options.HttpPort is { } httpPort)
                http = await ProducerHttp.StartAsync(services, new IPEndPoint(address, httpPort), cancellationToken);
            return new EmbeddedProducer(services, store, listener, tlsListener, http);
        }
        catch
        {
            listener?.Dispose();
            tlsListener?.Dispose();
            store?.Dispose();
            if (http is not null)
                await http.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loses the newest changes of a vbucket, as a failover to a replica that lagged so far would: a new branch begins, streams end with reason 2.</summary>
    /// <exception cref="InvalidOperationException">So old a state is not kept: set <see cref="EmbeddedProducerOptions.KeepHistory"/>.</exception>
    public void LoseNewest(VBucketId vbucket, int count) => Bucket.Find(vbucket).LoseNewest(count);

    /// <summary>Begins a new branch of a vbucket at a seqno; what is above is lost, streams end with reason 2.</summary>
    /// <inheritdoc cref="LoseNewest"/>
    public void Failover(VBucketId vbucket, Seqno atSeqno) => Bucket.Find(vbucket).Failover(atSeqno.Value);

    /// <summary>Changes a vbucket's state; its streams end with reason 2, and clients that asked for it are sent the new cluster map.</summary>
    public void SetState(VBucketId vbucket, VBucketState state)
    {
        Bucket.Find(vbucket).ChangeState(state);
        _services.ClusterMap.Advance();
        MapNotification.Push(_services);
    }

    /// <summary>Drops tombstones up to and with a seqno, never the newest change. Returns how many (dcp-reference.md 4.8).</summary>
    public int PurgeTombstones(VBucketId vbucket, Seqno throughSeqno) => Bucket.Find(vbucket).PurgeTombstones(throughSeqno.Value);

    /// <summary>Forgets what checkpoints hold in memory, so that streams that come behind begin with a disk snapshot.</summary>
    public void ExpelCheckpoints(VBucketId vbucket) => Bucket.Find(vbucket).ExpelCheckpoints();

    /// <summary>Cuts every connection. Returns how many.</summary>
    public int DropConnections()
    {
        var dropped = 0;
        foreach (var connection in _services.Connections.All)
        {
            connection.Drop("dropped by request");
            dropped++;
        }
        return dropped;
    }

    /// <summary>Stops sending stream messages on all connections. No-ops and answers go on.</summary>
    public void StallDelivery() => _services.Faults.IsStalled = true;

    /// <summary>Ends <see cref="StallDelivery"/>.</summary>
    public void ResumeDelivery()
    {
        _services.Faults.IsStalled = false;
        foreach (var connection in _services.Connections.All)
            connection.Wake();
    }

    /// <summary>Answers the next requests on a selected bucket with a status instead of serving them.</summary>
    /// <param name="status">What to answer.</param>
    /// <param name="count">How many requests.</param>
    /// <param name="opcode">Only requests of this kind; null for any but BUFFER_ACK.</param>
    public void AnswerNext(Status status, int count = 1, Opcode? opcode = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _services.Faults.AnswerNext(status, count, opcode);
    }

    /// <summary>Stops: connections are closed, everything written is made durable, the folder is marked as closed cleanly.</summary>
    public ValueTask DisposeAsync() => StopAsync(clean: true);

    /// <summary>Stops as a crash would: nothing is flushed, and the next start finds an unclean stop.</summary>
    public ValueTask CrashAsync() => StopAsync(clean: false);

    private async ValueTask StopAsync(bool clean)
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _tick.DisposeAsync();
        await _expiryPager.DisposeAsync();
        if (_http is not null)
            await _http.DisposeAsync();
        await _listener.StopAsync();
        if (_tlsListener is not null)
            await _tlsListener.StopAsync();
        if (_store is null)
            return;
        if (clean)
            await _store.CloseAsync();
        else
            await _store.AbandonAsync();
    }

    private void Tick()
    {
        foreach (var connection in _services.Connections.All)
            connection.Tick();
    }
}
