using System.Net;
using System.Net.Sockets;

namespace ActorDcp.Client.Tests;

/// <summary>A server on loopback port 0 that does to each connection what a test says.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private readonly Task _accepting;

    internal ScriptedServer(Func<ScriptedConnection, Task> script)
    {
        _listener.Start();
        _accepting = AcceptAsync(script);
    }

    internal KvEndpoint Endpoint => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>What a script threw; a test that ends well asserts that there is nothing.</summary>
    internal List<Exception> Faults { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Func<ScriptedConnection, Task> script)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _running.Add(ServeAsync(client, script));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client, Func<ScriptedConnection, Task> script)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await script(new ScriptedConnection(client.GetStream(), _stopping.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // the client went away, or the test is over
            }
            catch (Exception exception)
            {
                lock (Faults)
                    Faults.Add(exception);
            }
        }
    }
}
