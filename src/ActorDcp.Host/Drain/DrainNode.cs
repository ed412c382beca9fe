using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Host.Drain;

/// <summary>One data node: at most one connection or attempt at a time, which everybody shares.</summary>
internal sealed class DrainNode(
    NodeAddress address, DcpConnectionOptions options, Action<ClusterMapPush> pushed, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>A connection that lived so long was a good one: the next one is tried at once.</summary>
    private static readonly TimeSpan GoodLife = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly DrainBackoff _backoff = new(time);
    private Task<DcpConnection>? _connecting;
    private bool _isFirst = true;
    private long _openedAt;

    /// <summary>Where it is.</summary>
    public NodeAddress Address => address;

    /// <summary>The connection, when there is a live one.</summary>
    public DcpConnection? Current
    {
        get
        {
            lock (_gate)
                return _connecting is { IsCompletedSuccessfully: true } done && !done.Result.Completion.IsCompleted ? done.Result : null;
        }
    }

    public Task<DcpConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_connecting is null || IsOver(_connecting))
                _connecting = OpenAsync(_connecting);
            return _connecting.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        if (_connecting is { } connecting)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connecting.IsCompletedSuccessfully)
                await connecting.Result.DisposeAsync().ConfigureAwait(false);
        }
        _closing.Dispose();
    }

    private static bool IsOver(Task<DcpConnection> connecting) =>
        connecting.IsFaulted || connecting.IsCanceled || (connecting.IsCompletedSuccessfully && connecting.Result.Completion.IsCompleted);

    private async Task<DcpConnection> OpenAsync(Task<DcpConnection>? previous)
    {
        if (previous is { IsCompletedSuccessfully: true })
            await previous.Result.DisposeAsync().ConfigureAwait(false);
        if (_openedAt != 0 && time.GetElapsedTime(_openedAt) > GoodLife)
            _backoff.Reset();
        if (!_isFirst)
            await _backoff.WaitAsync(_closing.Token).ConfigureAwait(false);
        _isFirst = false;
        _openedAt = 0;
        var endpoint = new KvEndpoint(address.Host, address.Port);
        var connection = await DcpConnection.OpenAsync(
            options with { Kv = options.Kv with { Endpoint = endpoint } }, time, log, _closing.Token).ConfigureAwait(false);
        connection.ClusterMapPushed += pushed;
        _openedAt = time.GetTimestamp();
        return connection;
    }
}
