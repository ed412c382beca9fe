using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Responses;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>
/// One DCP connection to one data node, with any number of streams over it (dcp-reference.md 3). All members are thread-safe. When
/// the connection is lost, its streams end with the cause and everything that waits fails; it does not reconnect.
/// </summary>
public sealed class DcpConnection : IAsyncDisposable
{
    private readonly DcpConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly StreamTable _streams = new();
    private readonly DcpDemultiplexer _demultiplexer;
    private KvSession _session = null!;

    private DcpConnection(DcpConnectionOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        Buffers = new ConnectionBuffers(options.Window);
        Ledger = new FlowControlLedger(options.Window, options.Parked, time, Acknowledge);
        _demultiplexer = new DcpDemultiplexer(this, _streams);
    }

    /// <summary>The node says by itself that the cluster map changed. Raised from the read loop: be quick.</summary>
    public event Action<ClusterMapPush>? ClusterMapPushed;

    /// <summary>Where the node is.</summary>
    public KvEndpoint Endpoint => _options.Kv.Endpoint;

    /// <summary>What is owed to the node.</summary>
    public FlowControlLedger Ledger { get; }

    /// <summary>Ends when the connection is gone: with the cause, or null when we closed it. Never fails.</summary>
    public Task<Exception?> Completion => _session.Transport.Completion;

    /// <summary>What the node granted.</summary>
    public DcpConnectionInfo Info { get; private set; } = new("", new HashSet<HelloFeature>(), new Dictionary<string, string>());

    /// <summary>Figures for metrics.</summary>
    public DcpConnectionStatistics Statistics => new(
        _session.Transport.Statistics, _demultiplexer.DroppedFrames, _demultiplexer.DroppedBytes, Buffers.PinnedBytes, _streams.Count);

    internal ConnectionBuffers Buffers { get; }

    internal FrameTransport Transport => _session.Transport;

    /// <summary>Connects, logs in, selects the bucket and opens.</summary>
    /// <exception cref="KvConnectionException">The node cannot be reached or cannot serve now.</exception>
    /// <exception cref="KvConfigurationException">The node refused what was configured.</exception>
    /// <exception cref="ProtocolException">The node does not speak the protocol.</exception>
    public static async Task<DcpConnection> OpenAsync(
        DcpConnectionOptions options, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        var connection = new DcpConnection(options, time);
        try
        {
            await KvSession.OpenAsync(
                options.Kv, DcpHandshake.Features(options), connection._demultiplexer, connection.FinishAsync, time, log, cancellation).ConfigureAwait(false);
        }
        catch
        {
            connection.Ledger.Stop();
            throw;
        }
        var info = connection.Info;
        ClientLog.Connected(
            log, options.Kv.Endpoint, options.Name, info.ServerVersion, info.RefusedControls.Count == 0 ? "nothing" : string.Join(", ", info.RefusedControls.Keys));
        return connection;
    }

    /// <summary>Asks for a stream (dcp-reference.md 3.3).</summary>
    /// <exception cref="KvConnectionException">The connection is gone or the node does not answer.</exception>
    /// <exception cref="ArgumentException">The request has a filter and the node does not do collections.</exception>
    public async Task<StreamRequestResult> RequestStreamAsync(StreamRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Filter is not null && !Info.Collections)
            throw new ArgumentException("a stream can be limited only where collections are in force", nameof(request));
        var stream = _streams.Add((opaque, index) => new DcpStream(
            this, request, opaque, _options.StreamIds ? checked((ushort)(index + 1)) : null));
        try
        {
            var response = await _session.Transport.RequestAsync(
                $"a stream of vbucket {request.VBucket}", stream.Opaque, StreamRequestWriter(stream), late: OnLateStream, cancellation).ConfigureAwait(false);
            if (response.IsSuccess)
                return Accept(stream, response);
            // one that we do not have: nothing else would ever end it
            if (response.Status == Status.KeyExists && !_streams.HasOther(stream))
                PostClose(stream);
            Discard(stream);
            return Refusal(response);

            void OnLateStream(KvResponse answer)
            {
                if (answer.IsSuccess)
                    PostClose(stream);
            }
        }
        catch
        {
            Discard(stream);
            throw;
        }
    }

    /// <summary>Closes a stream. What is queued is dropped and given back at once.</summary>
    /// <param name="stream">A stream of this connection; one that has ended is left as it is.</param>
    /// <param name="cancellation">Gives up the wait for the node's answer; the stream is closed all the same.</param>
    /// <exception cref="KvConnectionException">The connection is gone or the node does not answer.</exception>
    public Task CloseStreamAsync(DcpStream stream, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var wasOpen = _streams.Remove(stream);
        stream.End(new StreamEnding.ByConsumer(), dropQueued: true);
        return wasOpen ? CloseAtNodeAsync(stream, cancellation) : Task.CompletedTask;
    }

    /// <summary>
    /// Takes a stream whose taker is slow out of the others' way: the node is told to close it, and what arrived moves from the window
    /// to the parked budget as far as that has room. It can still be taken; then the stream ends as <see cref="StreamEnding.Parked"/>.
    /// </summary>
    /// <param name="stream">A stream of this connection.</param>
    /// <param name="cancellation">Gives up the wait for the node's answer; the stream is parked all the same.</param>
    /// <returns>False when nothing was done: the stream has ended, or is inside an out-of-order snapshot.</returns>
    /// <exception cref="KvConnectionException">The connection is gone or the node does not answer.</exception>
    public async Task<bool> ParkStreamAsync(DcpStream stream, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.TryStopIntake())
            return false;
        var wasOpen = _streams.Remove(stream);
        // the node must read the close before the acknowledgements: else it fills the room that is made with more of this stream
        var closed = wasOpen ? CloseAtNodeAsync(stream, cancellation) : Task.CompletedTask;
        stream.TryMoveToParked();
        await closed.ConfigureAwait(false);
        return true;
    }

    private async Task CloseAtNodeAsync(DcpStream stream, CancellationToken cancellation)
    {
        var response = await _session.Transport.RequestAsync(
            $"to close the stream of vbucket {stream.VBucket}",
            (output, opaque) => DcpRequests.WriteCloseStream(output, stream.VBucket, opaque, stream.StreamId),
            cancellation).ConfigureAwait(false);
        // not found: it ended by itself at the same moment. With stream ids that is another status while one more is open (3.5)
        if (!response.IsSuccess && response.Status is not (Status.KeyNotFound or Status.NotMyVBucket or Status.DcpStreamNotFound)
            && !(response.Status == Status.DcpStreamIdInvalid && stream.StreamId is not null))
            throw StatusFault.Of($"to close the stream of vbucket {stream.VBucket}", Endpoint, response);
    }

    /// <summary>The failover log of a vbucket; null when the node does not have it.</summary>
    public Task<FailoverLog?> GetFailoverLogAsync(VBucketId vbucket, CancellationToken cancellation) =>
        _session.GetFailoverLogAsync(vbucket, isDcp: true, cancellation);

    /// <summary>The high seqno of each vbucket of the node (dcp-reference.md 3.20), or of one collection in each.</summary>
    public Task<IReadOnlyDictionary<VBucketId, Seqno>> GetAllVBucketSeqnosAsync(
        VBucketStateFilter state, uint? collectionId, CancellationToken cancellation) =>
        _session.GetAllVBucketSeqnosAsync(state, collectionId, cancellation);

    /// <summary>What the node has received and persisted of a vbucket.</summary>
    public Task<ObserveSeqnoResult> ObserveSeqnoAsync(VBucketId vbucket, VBucketUuid uuid, CancellationToken cancellation) =>
        _session.ObserveSeqnoAsync(vbucket, uuid, cancellation);

    /// <summary>The node's cluster map (dcp-reference.md 2.5).</summary>
    /// <param name="known">Version that the caller has; null for none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when the node has none newer than the known one.</returns>
    /// <exception cref="KvConnectionException">The connection is gone, the node does not answer, or it has no map yet.</exception>
    public Task<ClusterMap?> GetClusterMapAsync(ClusterMapRevision? known, CancellationToken cancellation) =>
        _session.GetClusterMapAsync(known, cancellation);

    /// <summary>Scopes and collections of the bucket.</summary>
    public Task<CollectionsManifest> GetCollectionsManifestAsync(CancellationToken cancellation) =>
        _session.GetCollectionsManifestAsync(cancellation);

    /// <summary>Closes the connection. Streams end as lost without a cause; batches in work stay valid.</summary>
    public async ValueTask DisposeAsync() => await _session.DisposeAsync().ConfigureAwait(false);

    internal void Close(Exception? cause) => _session.Transport.Close(cause);

    internal void OnClosed(Exception? cause)
    {
        Ledger.Stop();
        foreach (var stream in _streams.Clear())
            stream.End(new StreamEnding.ConnectionLost(cause), dropQueued: false);
    }

    private async Task FinishAsync(KvSession session, CancellationToken deadline)
    {
        _session = session;
        session.Pushed = push => ClusterMapPushed?.Invoke(push);
        var handshake = new DcpHandshake(session, _options);
        var refused = await handshake.RunAsync(deadline).ConfigureAwait(false);
        Info = new DcpConnectionInfo(session.ServerVersion, session.Features, refused)
        {
            AcceptedControls = handshake.Accepted,
            ErrorMap = session.Transport.Errors,
            MissingFeatures = [.. DcpHandshake.Features(_options).Where(asked => !IsCovered(asked, session.Features))],
        };
        session.Watch(_options.NoopInterval, _time);
    }

    // of the two kinds of pushes the node grants the brief one alone
    private static bool IsCovered(HelloFeature asked, IReadOnlySet<HelloFeature> granted) =>
        granted.Contains(asked)
        || (asked == HelloFeature.ClustermapChangeNotification && granted.Contains(HelloFeature.ClustermapChangeNotificationBrief));

    private void Acknowledge(uint bytes) =>
        _session.Transport.Post(opaque: 0, (output, _) => DcpRequests.WriteBufferAck(output, bytes));

    private Action<System.Buffers.IBufferWriter<byte>, uint> StreamRequestWriter(DcpStream stream)
    {
        var request = stream.Request;
        var value = StreamRequestValue.Write(
            request.Filter?.CollectionIds, request.Filter?.ScopeId, stream.StreamId,
            Info.Collections && request.From.ManifestUid > 0 ? request.From.ManifestUid : null,
            TellsPurgeSeqno && request.From.PurgeSeqno > Seqno.Zero ? request.From.PurgeSeqno : null);
        return (output, opaque) => DcpRequests.WriteStreamReq(
            output, request.VBucket, opaque, (uint)request.Flags, request.From, request.Until, value);
    }

    // a node that does not know the marker that tells it refuses the key too (dcp-reference.md 10.6)
    private bool TellsPurgeSeqno =>
        _options.MaxMarker22 && Info.Collections && !Info.RefusedControls.ContainsKey(ControlKeys.MaxMarkerVersion);

    private StreamRequestResult.Opened Accept(DcpStream stream, KvResponse response)
    {
        var log = FailoverLogResponse.Read(response.Frame);
        stream.Accept(log, Info.Collections, trustSnappyBit: !(_options.NoValue && _options.UnderlyingDatatype));
        return new StreamRequestResult.Opened(stream, log);
    }

    private StreamRequestResult Refusal(KvResponse response) => response.Status switch
    {
        Status.Rollback => new StreamRequestResult.Rollback(RollbackResponse.Read(response.Frame)),
        Status.NotMyVBucket => new StreamRequestResult.NotMyVBucket(_session.ReadRefusalMap(response)),
        _ => new StreamRequestResult.Refused(response.Status, response.Error.Context, response.Error.Reference, response.Error.ManifestUid)
        {
            Explanation = response.Explanation,
        },
    };

    private void Discard(DcpStream stream)
    {
        _streams.Remove(stream);
        stream.End(new StreamEnding.ByConsumer(), dropQueued: true);
    }

    private void PostClose(DcpStream stream) => _session.Transport.Post(
        _session.Transport.NextOpaque(),
        (output, opaque) => DcpRequests.WriteCloseStream(output, stream.VBucket, opaque, stream.StreamId));
}
