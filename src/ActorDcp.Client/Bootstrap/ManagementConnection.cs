using System.Net;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>
/// The cluster maps of a bucket from a node's management service (dcp-reference.md 2.7), for nodes whose data service cannot tell:
/// one endless answer that brings each new map. All members are thread-safe. It does not reconnect.
/// </summary>
public sealed class ManagementConnection : IAsyncDisposable
{
    private const int LargestMap = FrameScanner.DefaultMaxFrameLength;

    private readonly KvConnectionOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<Exception?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpResponseMessage? _stream;
    private bool _knowsTerseForm = true;
    private Task _reading = Task.CompletedTask;

    private ManagementConnection(KvConnectionOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _http = ManagementHttp.Create(options, time);
    }

    /// <summary>The node says that the cluster map changed. Raised from the read loop: be quick.</summary>
    public event Action<ClusterMap>? ClusterMapPushed;

    /// <summary>Where the management service is.</summary>
    public KvEndpoint Endpoint => _options.Endpoint;

    /// <summary>Ends when the connection is gone: with the cause, or null when we closed it. Never fails.</summary>
    public Task<Exception?> Completion => _completion.Task;

    /// <summary>Connects and waits for the first map, which is also pushed.</summary>
    /// <param name="options">Where, as whom and for which bucket; the bucket is required.</param>
    /// <param name="pushed">Gets each map; from the read loop.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="KvConnectionException">The node cannot be reached or cannot serve now.</exception>
    /// <exception cref="KvConfigurationException">The node refused what was configured.</exception>
    public static async Task<ManagementConnection> OpenAsync(
        KvConnectionOptions options, Action<ClusterMap>? pushed, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentException.ThrowIfNullOrEmpty(options.Bucket);
        var connection = new ManagementConnection(options, time, log);
        connection.ClusterMapPushed += pushed;
        try
        {
            connection._reading = await connection.WithinAsync(options.ConnectTimeout, connection.StartAsync, cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The present map, by a request of its own: also the test whether the node is still there.</summary>
    /// <exception cref="KvConnectionException">The node does not answer; the connection is closed then.</exception>
    /// <exception cref="KvConfigurationException">The node refuses the bucket or the user.</exception>
    public async Task<ClusterMap> GetClusterMapAsync(CancellationToken cancellation)
    {
        try
        {
            return await WithinAsync(_options.RequestTimeout, async deadline =>
            {
                using var answer = await SendAsync(_knowsTerseForm ? "b" : "buckets", deadline).ConfigureAwait(false);
                ManagementHttp.RequireSuccess(answer, _options);
                return Parse(await answer.Content.ReadAsByteArrayAsync(deadline).ConfigureAwait(false));
            }, cancellation).ConfigureAwait(false);
        }
        catch (KvConnectionException cause)
        {
            await CloseAsync(cause).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync(null).ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _stream?.Dispose();
        _http.Dispose();
    }

    private async Task<Task> StartAsync(CancellationToken deadline)
    {
        _stream = await SendAsync("bs", deadline).ConfigureAwait(false);
        if (_stream.StatusCode == HttpStatusCode.NotFound)
        {
            // no such bucket, or a server from before the terse form: the older path tells which
            _stream.Dispose();
            _stream = await SendAsync("bucketsStreaming", deadline).ConfigureAwait(false);
            _knowsTerseForm = false;
        }
        ManagementHttp.RequireSuccess(_stream, _options);
        var documents = new DocumentStream(await _stream.Content.ReadAsStreamAsync(deadline).ConfigureAwait(false), LargestMap);
        Tell(await documents.NextAsync(deadline).ConfigureAwait(false));
        return ReadAsync(documents);
    }

    private Task<HttpResponseMessage> SendAsync(string form, CancellationToken deadline)
    {
        var request = ManagementHttp.Get(_options, $"/pools/default/{form}/{Uri.EscapeDataString(_options.Bucket!)}");
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline);
    }

    private async Task ReadAsync(DocumentStream documents)
    {
        try
        {
            while (true)
                Tell(await documents.NextAsync(_closing.Token).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or ProtocolException or OperationCanceledException or ObjectDisposedException)
        {
            await CloseAsync(new KvConnectionException($"{Endpoint} ended its stream of cluster maps: {exception.Message}", exception)).ConfigureAwait(false);
        }
    }

    private void Tell(byte[] document) => Callback.Call(ClusterMapPushed, Parse(document), Endpoint, _log);

    private ClusterMap Parse(byte[] json) => ClusterMap.Parse(json, Endpoint.Host);

    private async Task CloseAsync(Exception? cause)
    {
        if (_completion.TrySetResult(cause))
            await _closing.CancelAsync().ConfigureAwait(false);
    }

    private async Task<T> WithinAsync<T>(TimeSpan time, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using var expiry = new CancellationTokenSource(time, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellation, _closing.Token);
        try
        {
            return await work(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new KvConnectionException($"{Endpoint} did not give a cluster map within {time.TotalSeconds:0.###} s", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw ManagementHttp.Fault(_options, exception);
        }
        catch (ProtocolException exception)
        {
            throw new KvConnectionException($"{Endpoint} answers HTTP, but not as a Couchbase node does: {exception.Message}", exception) { IsRetryable = false };
        }
    }
}
