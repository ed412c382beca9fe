using System.Net;
using System.Net.Sockets;

namespace ActorDcp.Cluster.Tests.Network;

/// <summary>
/// Stands in front of a port and passes bytes on until it is told to hold them back, as a network that parts does, or to refuse, as a
/// host that is gone does. Who dialed is told from the first bytes, so that one side of a partition can be held and the other not.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly int _target;
    private readonly Func<ReadOnlyMemory<byte>, int> _dialer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _open = [];
    private TcpListener _listener;
    private Task _accepting;
    private Func<int, bool> _held = _ => false;
    private long _passed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="target">Port of loopback that bytes are passed on to.</param>
    /// <param name="dialer">Number of who dialed, from the first bytes of a connection.</param>
    public Relay(int target, Func<ReadOnlyMemory<byte>, int>? dialer = null)
    {
        _target = target;
        _dialer = dialer ?? (_ => 0);
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public int Port { get; }

    /// <summary>Bytes that went through, both ways.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>From now on bytes of these dialers stay where they are, both ways; all others pass.</summary>
    public void Hold(Func<int, bool> dialers)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _held = dialers;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.SetResult();
    }

    /// <summary>Everything passes again, what was held back first.</summary>
    public void Pass() => Hold(_ => false);

    /// <summary>Drops what is open, and refuses what comes.</summary>
    public async Task RefuseAsync()
    {
        _listener.Stop();
        await _accepting;
        Cut();
    }

    /// <summary>Takes connections again, on the same port.</summary>
    public void Accept()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Drops what is open, in the middle of whatever it is.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            foreach (var connection in _open)
                connection.Dispose();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
                _ = PassAsync(await listener.AcceptTcpClientAsync(_stopping.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // no more
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        lock (_lock)
            _open.AddRange([client, server]);
        try
        {
            var buffer = new byte[64 * 1024];
            var read = await client.GetStream().ReadAsync(buffer, _stopping.Token);
            var dialer = _dialer(buffer.AsMemory(0, read));
            await WhilePartedAsync(dialer);
            await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
            await server.GetStream().WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
            await Task.WhenAny(CopyAsync(client, server, dialer), CopyAsync(server, client, dialer));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // one side is gone, and the other goes with it
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(client);
                _open.Remove(server);
            }
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, int dialer)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stopping.Token) is var read and > 0)
            {
                await WhilePartedAsync(dialer);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
                Interlocked.Add(ref _passed, read);
            }
            // its end is not heard of either
            await WhilePartedAsync(dialer);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the end of either side
        }
    }

    private async Task WhilePartedAsync(int dialer)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (!_held(dialer))
                    return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(_stopping.Token);
        }
    }
}
