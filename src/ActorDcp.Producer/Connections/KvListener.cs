using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace ActorDcp.Producer.Connections;

/// <summary>One port of a node: accepts connections and runs them until it is stopped.</summary>
internal sealed class KvListener : IDisposable
{
    private const int Backlog = 512;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);
    private readonly Socket _socket;
    private readonly TlsSetup? _tls;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly Lock _gate = new();
    private readonly LinkedList<CancellationTokenSource> _greeting = new();
    private Task _accepting = Task.CompletedTask;

    private KvListener(Socket socket, TlsSetup? tls)
    {
        _socket = socket;
        _tls = tls;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    public static KvListener Bind(IPEndPoint endPoint, TlsSetup? tls)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new KvListener(socket, tls);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to accept, on no context of the caller's: that may be busy waiting for what a new connection brings.</summary>
    public void Start(ProducerServices services) => _accepting = Task.Run(() => AcceptAsync(services));

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        await Task.WhenAll(_running.Keys);
        _stop.Dispose();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(ProducerServices services)
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync(_stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception)
            {
                services.Log.AcceptFailed(exception);
                await WaitToRetryAsync(services);
                continue;
            }
            // those under way to be one, or to be gone, count too
            var most = services.Options.MaxConnections;
            if (MakeRoom(services) >= most || _running.Count >= most * 2L)
            {
                services.Log.TooManyConnections(socket.RemoteEndPoint, services.Connections.Count);
                socket.Dispose();
                continue;
            }
            Run(services, socket);
        }
    }

    private static int MakeRoom(ProducerServices services) => services.Connections.MakeRoom(Math.Max(1, services.Options.MaxConnections / 2));

    /// <summary>Accepting fails when the process is out of handles: trying at once would only spin.</summary>
    private async Task WaitToRetryAsync(ProducerServices services)
    {
        try
        {
            await Task.Delay(RetryDelay * (0.5 + Random.Shared.NextDouble()), services.Time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // stopping; the loop sees it
        }
    }

    private void Run(ProducerServices services, Socket socket)
    {
        var task = Task.Run(() => ServeSafelyAsync(services, socket));
        _running[task] = 0;
        task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task ServeSafelyAsync(ProducerServices services, Socket socket)
    {
        try
        {
            await ServeAsync(services, socket);
        }
        catch (Exception exception)
        {
            services.Log.ConnectionFailed(null, exception);
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task ServeAsync(ProducerServices services, Socket socket)
    {
        socket.NoDelay = true;
        var remote = socket.RemoteEndPoint;
        await using var plain = new NetworkStream(socket, ownsSocket: true);
        if (_tls is null)
        {
            await ServeAsync(services, plain, remote, certificateUser: null);
            return;
        }
        await using var secure = new SslStream(plain);
        try
        {
            await GreetAsync(services, secure, _tls);
        }
        catch (Exception exception) when (exception is System.Security.Authentication.AuthenticationException or IOException or OperationCanceledException)
        {
            services.Log.ConnectionDropped(remote, $"TLS: {exception.Message}");
            return;
        }
        var user = TlsSetup.UserOf(secure.RemoteCertificate);
        await ServeAsync(services, secure, remote, user is not null && services.Accounts.Contains(user) ? user : null);
    }

    /// <summary>Does the handshake. When very many are under way, the oldest makes room.</summary>
    private async Task GreetAsync(ProducerServices services, SslStream secure, TlsSetup tls)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        deadline.CancelAfter(services.Options.AuthenticationTimeout);
        LinkedListNode<CancellationTokenSource> own;
        lock (_gate)
        {
            own = _greeting.AddLast(deadline);
            if (_greeting.Count > Math.Max(1, services.Options.MaxConnections / 2))
            {
                // under the lock: who has ended its handshake is not on the list any more, and may be disposed
                _greeting.First!.Value.Cancel();
                _greeting.RemoveFirst();
            }
        }
        try
        {
            await secure.AuthenticateAsServerAsync(tls.Options, deadline.Token);
        }
        finally
        {
            lock (_gate)
                if (own.List is not null)
                    _greeting.Remove(own);
        }
    }

    private async Task ServeAsync(ProducerServices services, Stream stream, EndPoint? remote, string? certificateUser)
    {
        using var connection = new ClientConnection(services, stream, remote, certificateUser);
        MakeRoom(services);
        services.Connections.Add(connection);
        try
        {
            await connection.RunAsync(_stop.Token);
        }
        finally
        {
            services.Connections.Remove(connection);
        }
    }
}
