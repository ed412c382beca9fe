using System.Text;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Responses;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>
/// A transport that was let in: HELO, login and bucket are done (dcp-reference.md 2.1), and what any connection can be asked can be
/// asked. Pushes of the node are answered and handed on.
/// </summary>
internal sealed class KvSession : IFrameSink, IAsyncDisposable
{
    // more than any group of a node with 1,024 vbuckets has
    private const int MostStatistics = 100_000;

    private readonly KvConnectionOptions _options;
    private readonly IFrameSink? _inner;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closing = new();
    private ITimer? _watch;
    private Task _asking = Task.CompletedTask;

    private KvSession(KvConnectionOptions options, FrameTransport transport, IFrameSink? inner, ILogger log)
    {
        _options = options;
        _inner = inner;
        _log = log;
        Transport = transport;
    }

    internal FrameTransport Transport { get; }

    internal KvEndpoint Endpoint => Transport.Endpoint;

    internal IReadOnlySet<HelloFeature> Features { get; private set; } = new HashSet<HelloFeature>();

    internal string ServerVersion { get; private set; } = "";

    /// <summary>How we logged in: a mechanism's name, or <c>client certificate</c>.</summary>
    internal string Mechanism { get; private set; } = "";

    /// <summary>What TLS came to; null without it.</summary>
    internal TlsFacts? Tls { get; private init; }

    /// <summary>Called from the read loop.</summary>
    internal Action<ClusterMapPush>? Pushed { get; set; }

    /// <summary>Connects and enters. Everything has to be done within the connect time-out.</summary>
    /// <param name="options">Where and as whom.</param>
    /// <param name="features">Features to ask for.</param>
    /// <param name="inner">Who gets requests of the node other than pushes; null drops them.</param>
    /// <param name="finish">What else belongs to the handshake.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <param name="cancellation">Gives up.</param>
    internal static async Task<KvSession> OpenAsync(
        KvConnectionOptions options, HelloFeature[] features, IFrameSink? inner, Func<KvSession, CancellationToken, Task>? finish,
        TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        using var expiry = new CancellationTokenSource(options.ConnectTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellation);
        KvSession? session = null;
        try
        {
            var stream = await Connector.ConnectAsync(options, time, deadline.Token).ConfigureAwait(false);
            var transport = new FrameTransport(stream, options.Endpoint, options.RequestTimeout, time, log);
            session = new KvSession(options, transport, inner, log) { Tls = TlsFacts.Of(stream) };
            transport.Start(session);
            await session.EnterAsync(features, deadline.Token).ConfigureAwait(false);
            if (finish is not null)
                await finish(session, deadline.Token).ConfigureAwait(false);
            transport.IsLetIn = true;
            return session;
        }
        catch (Exception exception)
        {
            if (session is not null)
                await session.DisposeAsync().ConfigureAwait(false);
            if (exception is OperationCanceledException && !cancellation.IsCancellationRequested)
                throw new KvConnectionException($"{options.Endpoint} did not let us in within {options.ConnectTimeout.TotalSeconds:0.###} s", exception);
            // TLS 1.3 refuses a client certificate only after our side of the handshake is done, and without a word
            if (exception is KvConnectionException && session is { Features.Count: 0 } && options.Tls?.ClientCertificateFile is { } certificate)
                throw new KvConnectionException($"{exception.Message} right after TLS; it may not accept the client certificate {certificate}", exception);
            throw;
        }
    }

    /// <summary>Looks for silence from now on (dcp-reference.md 4.2): asks for a sign of life first, then gives the node up.</summary>
    /// <param name="interval">How often something should come.</param>
    /// <param name="time">Clock.</param>
    internal void Watch(TimeSpan interval, TimeProvider time)
    {
        var period = interval / 5;
        _watch = time.CreateTimer(_ => Look(interval), state: null, period, period);
        if (Transport.Completion.IsCompleted)
            _watch.Dispose();
    }

    internal async Task<FailoverLog?> GetFailoverLogAsync(VBucketId vbucket, bool isDcp, CancellationToken cancellation)
    {
        var response = await Transport.RequestAsync(
            $"the failover log of vbucket {vbucket}",
            (output, opaque) =>
            {
                if (isDcp)
                    DcpRequests.WriteGetFailoverLog(output, vbucket, opaque);
                else
                    VBucketRequests.WriteGetFailoverLog(output, vbucket, opaque);
            },
            cancellation).ConfigureAwait(false);
        if (response.Status == Status.NotMyVBucket)
            return null;
        RequireSuccess(response, $"the failover log of vbucket {vbucket}");
        return FailoverLogResponse.Read(response.Frame);
    }

    internal async Task<IReadOnlyDictionary<VBucketId, Seqno>> GetAllVBucketSeqnosAsync(
        VBucketStateFilter state, uint? collectionId, CancellationToken cancellation)
    {
        var response = await Transport.RequestAsync(
            "the seqnos of all vbuckets",
            (output, opaque) => VBucketRequests.WriteGetAllVBucketSeqnos(output, opaque, state, collectionId),
            cancellation).ConfigureAwait(false);
        RequireSuccess(response, "the seqnos of all vbuckets");
        return ReadSeqnos(response);
    }

    internal async Task<ObserveSeqnoResult> ObserveSeqnoAsync(VBucketId vbucket, VBucketUuid uuid, CancellationToken cancellation)
    {
        var response = await Transport.RequestAsync(
            $"to observe vbucket {vbucket}",
            (output, opaque) => VBucketRequests.WriteObserveSeqno(output, vbucket, opaque, uuid),
            cancellation).ConfigureAwait(false);
        return response.Status switch
        {
            Status.Success => new ObserveSeqnoResult.Observed(ObserveSeqnoResponse.Read(response.Frame)),
            Status.KeyNotFound => new ObserveSeqnoResult.UnknownUuid(),
            Status.NotMyVBucket => new ObserveSeqnoResult.NotMyVBucket(),
            _ => new ObserveSeqnoResult.Refused(response.Status, response.Error.Context, response.Error.Reference) { Explanation = response.Explanation },
        };
    }

    internal async Task<IReadOnlyDictionary<string, string>> GetStatisticsAsync(string group, CancellationToken cancellation)
    {
        var statistics = new Dictionary<string, string>(StringComparer.Ordinal);
        var response = await Transport.RequestAsync(
            $"its statistics \"{group}\"", Transport.NextOpaque(), (output, opaque) => VBucketRequests.WriteStat(output, opaque, group), late: null,
            cancellation, Collect).ConfigureAwait(false);
        RequireSuccess(response, $"its statistics \"{group}\"");
        return statistics;

        bool Collect(KvResponse answer)
        {
            if (!answer.IsSuccess)
                return false;
            var statistic = StatResponse.Read(answer.Frame);
            if (!statistic.IsEnd && statistics.Count < MostStatistics)
                statistics[statistic.Name] = statistic.Text;
            return !statistic.IsEnd;
        }
    }

    internal async Task<CollectionsManifest> GetCollectionsManifestAsync(CancellationToken cancellation)
    {
        var response = await Transport.RequestAsync(
            "the collections manifest", CollectionRequests.WriteGetManifest, cancellation).ConfigureAwait(false);
        RequireSuccess(response, "the collections manifest");
        return CollectionsManifest.Read(response.Frame);
    }

    internal async Task<ClusterMap?> GetClusterMapAsync(ClusterMapRevision? known, CancellationToken cancellation)
    {
        // a map without a version cannot be named: the node would refuse the whole question (dcp-reference.md 2.5)
        var knows = known is { Revision: > 0 } && Features.Contains(HelloFeature.GetClusterConfigWithKnownVersion);
        var response = await Transport.RequestAsync(
            "the cluster map",
            (output, opaque) =>
            {
                if (knows)
                    BootstrapRequests.WriteGetClusterConfig(output, opaque, known!.Value.EpochOnWire, known.Value.Revision);
                else
                    BootstrapRequests.WriteGetClusterConfig(output, opaque);
            },
            cancellation).ConfigureAwait(false);
        if (response.Status == Status.KeyNotFound)
            throw new KvConnectionException($"{Endpoint} has no cluster map yet");
        RequireSuccess(response, "the cluster map");
        return ReadMap(ClusterConfigResponse.Read(response.Frame));
    }

    /// <summary>The map that came with NOT_MY_VBUCKET; null when none did.</summary>
    internal ClusterMap? ReadRefusalMap(KvResponse response) => ReadMap(ClusterConfigResponse.Read(response.Frame));

    void IFrameSink.OnRequest(ReadOnlySpan<byte> frame, in FrameHeader header)
    {
        if (header.Magic == Magic.ServerRequest)
            OnPush(frame, header);
        else if (_inner is not null)
            _inner.OnRequest(frame, header);
        else
            Transport.CountUnknown(header);
    }

    void IFrameSink.OnReadCompleted(bool moreWaits) => _inner?.OnReadCompleted(moreWaits);

    void IFrameSink.OnClosed(Exception? cause)
    {
        _watch?.Dispose();
        _closing.Cancel();
        if (cause is not null)
            ClientLog.Lost(_log, Endpoint, cause.Message);
        _inner?.OnClosed(cause);
    }

    public ValueTask DisposeAsync() => Transport.DisposeAsync();

    private async Task EnterAsync(HelloFeature[] features, CancellationToken deadline)
    {
        var greeting = Transport.RequestAsync(
            "HELO", (output, opaque) => BootstrapRequests.WriteHelo(output, opaque, _options.AgentName, features), deadline);
        _ = AskErrorMapAsync(deadline);
        var hello = await greeting.ConfigureAwait(false);
        RequireSuccess(hello, "HELO");
        Features = HelloResponse.Read(hello.Frame);
        Mechanism = await new Authenticator(Transport, _options).RunAsync(deadline).ConfigureAwait(false);
        Transport.MaxFrameLength = FrameScanner.DefaultMaxFrameLength;
        var version = await Transport.RequestAsync("its version", BootstrapRequests.WriteVersion, deadline).ConfigureAwait(false);
        if (version.IsSuccess)
            ServerVersion = Encoding.UTF8.GetString(version.Frame.Value);
        if (_options.Bucket is { } bucket)
            await SelectBucketAsync(bucket, deadline).ConfigureAwait(false);
    }

    /// <summary>
    /// Sent behind HELO without a wait, as gocbcore does (dcp-reference.md 2.1): it is there before the next answer, and costs no round
    /// trip. A node without one, or with one that cannot be read, explains nothing.
    /// </summary>
    private async Task AskErrorMapAsync(CancellationToken deadline)
    {
        try
        {
            await Transport.RequestAsync(
                "its error map", Transport.NextOpaque(), (output, opaque) => BootstrapRequests.WriteGetErrorMap(output, opaque), late: null, deadline, Take)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KvConnectionException or OperationCanceledException)
        {
            // who waits for the handshake hears of a lost connection
            ClientLog.NoErrorMap(_log, Endpoint, exception.Message);
        }

        // on the read loop, so that what is read after it is explained
        bool Take(KvResponse answer)
        {
            try
            {
                if (answer.IsSuccess)
                    Transport.Errors = ErrorMap.Read(answer.Frame);
                else
                    ClientLog.NoErrorMap(_log, Endpoint, StatusFault.Words(answer));
            }
            catch (ProtocolException exception)
            {
                ClientLog.NoErrorMap(_log, Endpoint, exception.Message);
            }
            return false;
        }
    }

    private async Task SelectBucketAsync(string bucket, CancellationToken deadline)
    {
        var response = await Transport.RequestAsync(
            $"to select bucket '{bucket}'", (output, opaque) => BootstrapRequests.WriteSelectBucket(output, opaque, bucket), deadline).ConfigureAwait(false);
        if (!response.IsSuccess)
            throw StatusFault.Of(
                $"bucket '{bucket}'", Endpoint, response, "Bucket",
                "Check the bucket's name, and that the user may read it");
    }

    private void RequireSuccess(KvResponse response, string what)
    {
        if (!response.IsSuccess)
            throw StatusFault.Of(what, Endpoint, response);
    }

    private void OnPush(ReadOnlySpan<byte> frame, in FrameHeader header)
    {
        if ((ServerOpcode)header.Opcode != ServerOpcode.ClustermapChangeNotification)
        {
            Transport.CountUnknown(header);
            return;
        }
        var notification = ClusterMapNotification.Read(Frame.Read(frame));
        Transport.Post(header.Opaque, BootstrapRequests.WriteClusterMapNotificationReply);
        var push = new ClusterMapPush(
            notification.Bucket, new ClusterMapRevision(notification.Epoch, notification.Revision), ReadMap(notification.ConfigJson));
        if (push.Map is null && push.Bucket == _options.Bucket)
            _ = FetchPushedAsync(push);
        else
            Tell(push);
    }

    /// <summary>A brief push brings no map: it is fetched here, so that nobody has to tell the kinds apart.</summary>
    private async Task FetchPushedAsync(ClusterMapPush push)
    {
        try
        {
            var map = await GetClusterMapAsync(known: null, _closing.Token).ConfigureAwait(false);
            Tell(push with { Map = map });
        }
        catch (Exception exception) when (exception is KvConnectionException or KvConfigurationException or ProtocolException or OperationCanceledException)
        {
            ClientLog.MapNotFetched(_log, Endpoint, push.Revision, exception.Message);
        }
    }

    private void Tell(ClusterMapPush push) => Callback.Call(Pushed, push, Endpoint, _log);

    private void Look(TimeSpan interval)
    {
        var silence = Transport.SinceLastReceived;
        if (silence >= 2 * interval)
            Transport.Close(new KvConnectionException($"{Endpoint} was silent for {silence.TotalSeconds:0.#} s"));
        else if (silence >= 1.2 * interval && _asking.IsCompleted)
            _asking = AskForLifeAsync();
    }

    // whatever comes back will do; what does not is seen as silence
    private async Task AskForLifeAsync()
    {
        try
        {
            await Transport.RequestAsync("a no-op", BootstrapRequests.WriteNoop, _closing.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KvConnectionException or OperationCanceledException)
        {
            return;
        }
    }

    private ClusterMap? ReadMap(ReadOnlySpan<byte> json) => json.IsEmpty ? null : ClusterMap.Parse(json, Endpoint.Host);

    private static Dictionary<VBucketId, Seqno> ReadSeqnos(KvResponse response)
    {
        var seqnos = new Dictionary<VBucketId, Seqno>();
        var entries = AllVBucketSeqnosResponse.Read(response.Frame);
        while (entries.MoveNext())
            seqnos[entries.VBucket] = entries.Seqno;
        return seqnos;
    }
}
