using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Responses;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>
/// A connection to one data node that streams nothing: for cluster maps and questions about vbuckets. All members are thread-safe.
/// It does not reconnect.
/// </summary>
public sealed class KvConnection : IAsyncDisposable
{
    private static readonly HelloFeature[] Features =
    [
        HelloFeature.TcpNoDelay, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json, HelloFeature.Duplex,
        HelloFeature.ClustermapChangeNotification, HelloFeature.ClustermapChangeNotificationBrief, HelloFeature.Collections,
        HelloFeature.GetClusterConfigWithKnownVersion, HelloFeature.DedupeNotMyVbucketClustermap,
    ];

    private readonly KvSession _session;

    private KvConnection(KvSession session)
    {
        _session = session;
        session.Pushed = push => ClusterMapPushed?.Invoke(push);
    }

    /// <summary>The node says by itself that the cluster map changed. Raised from the read loop: be quick.</summary>
    public event Action<ClusterMapPush>? ClusterMapPushed;

    /// <summary>Where the node is.</summary>
    public KvEndpoint Endpoint => _session.Endpoint;

    /// <summary>Version that the node told; empty when it told none.</summary>
    public string ServerVersion => _session.ServerVersion;

    /// <summary>How we logged in: a mechanism's name, or <c>client certificate</c>.</summary>
    public string Mechanism => _session.Mechanism;

    /// <summary>What TLS came to; null without it.</summary>
    public TlsFacts? Tls => _session.Tls;

    /// <summary>Ends when the connection is gone: with the cause, or null when we closed it. Never fails.</summary>
    public Task<Exception?> Completion => _session.Transport.Completion;

    /// <summary>Connects, logs in and selects the bucket.</summary>
    /// <exception cref="KvConnectionException">The node cannot be reached or cannot serve now.</exception>
    /// <exception cref="KvConfigurationException">The node refused what was configured.</exception>
    /// <exception cref="ProtocolException">The node does not speak the protocol.</exception>
    public static async Task<KvConnection> OpenAsync(
        KvConnectionOptions options, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        var session = await KvSession.OpenAsync(options, Features, inner: null, finish: null, time, log, cancellation).ConfigureAwait(false);
        session.Watch(options.KeepAlive, time);
        return new KvConnection(session);
    }

    /// <summary>The node's cluster map (dcp-reference.md 2.5).</summary>
    /// <param name="known">Version that the caller has; null for none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when the node has none newer than the known one.</returns>
    /// <exception cref="KvConnectionException">The connection is gone, the node does not answer, or it has no map yet.</exception>
    public Task<ClusterMap?> GetClusterMapAsync(ClusterMapRevision? known, CancellationToken cancellation) =>
        _session.GetClusterMapAsync(known, cancellation);

    /// <summary>The failover log of a vbucket; null when the node does not have it.</summary>
    public Task<FailoverLog?> GetFailoverLogAsync(VBucketId vbucket, CancellationToken cancellation) =>
        _session.GetFailoverLogAsync(vbucket, isDcp: false, cancellation);

    /// <summary>The high seqno of each vbucket of the node (dcp-reference.md 3.20), or of one collection in each.</summary>
    public Task<IReadOnlyDictionary<VBucketId, Seqno>> GetAllVBucketSeqnosAsync(
        VBucketStateFilter state, uint? collectionId, CancellationToken cancellation) =>
        _session.GetAllVBucketSeqnosAsync(state, collectionId, cancellation);

    /// <summary>What the node has received and persisted of a vbucket.</summary>
    public Task<ObserveSeqnoResult> ObserveSeqnoAsync(VBucketId vbucket, VBucketUuid uuid, CancellationToken cancellation) =>
        _session.ObserveSeqnoAsync(vbucket, uuid, cancellation);

    /// <summary>The statistics of a group by name (dcp-reference.md 3.20, STAT); those of the bucket itself for an empty one.</summary>
    /// <exception cref="KvConfigurationException">The user may not read them.</exception>
    public Task<IReadOnlyDictionary<string, string>> GetStatisticsAsync(string group, CancellationToken cancellation) =>
        _session.GetStatisticsAsync(group, cancellation);

    /// <summary>Scopes and collections of the bucket.</summary>
    public Task<CollectionsManifest> GetCollectionsManifestAsync(CancellationToken cancellation) =>
        _session.GetCollectionsManifestAsync(cancellation);

    /// <summary>Sends a no-op and waits for its answer.</summary>
    /// <exception cref="KvConnectionException">The connection is gone or the node does not answer.</exception>
    public Task PingAsync(CancellationToken cancellation) =>
        _session.Transport.RequestAsync("a no-op", BootstrapRequests.WriteNoop, cancellation);

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
