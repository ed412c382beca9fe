using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>
/// Stands between a client and a producer and passes whole frames on, or what a test makes of them. It is the node that the cluster
/// map names, so clients come back to it.
/// </summary>
internal sealed class FrameRelay : IAsyncDisposable
{
    private const int HeaderLength = 24;
    private const byte AnswerMagic = 0x81;
    private const byte PushMagic = 0x82;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _target;
    private readonly Func<byte[], IEnumerable<byte[]>> _toProducer;
    private readonly Func<int, byte[], IEnumerable<byte[]>> _toClient;
    private readonly Task _accepting;

    /// <param name="producerPort">Where the producer listens; as many digits as any free port has.</param>
    /// <param name="toProducer">What becomes of a client's frame.</param>
    /// <param name="toClient">What becomes of a producer's frame on a connection, counted from 0.</param>
    public FrameRelay(int producerPort, Func<byte[], IEnumerable<byte[]>>? toProducer = null, Func<int, byte[], IEnumerable<byte[]>>? toClient = null)
    {
        _target = producerPort;
        _toProducer = toProducer ?? (frame => [frame]);
        _toClient = toClient ?? ((_, frame) => [frame]);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static byte Magic(byte[] frame) => frame[0];

    public static byte Opcode(byte[] frame) => frame[1];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(RelayAsync(connections.Count, await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(int connection, TcpClient accepted)
    {
        using var client = accepted;
        using var producer = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await producer.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
            await Task.WhenAny(
                PassAsync(client.GetStream(), producer.GetStream(), _toProducer),
                PassAsync(producer.GetStream(), client.GetStream(), frame => _toClient(connection, WithOwnPort(frame))));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            // one side is gone, and the other goes with it
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, Func<byte[], IEnumerable<byte[]>> change)
    {
        var header = new byte[HeaderLength];
        try
        {
            while (true)
            {
                await from.ReadExactlyAsync(header, _stopping.Token);
                var frame = new byte[HeaderLength + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8))];
                header.CopyTo(frame, 0);
                await from.ReadExactlyAsync(frame.AsMemory(HeaderLength), _stopping.Token);
                foreach (var changed in change(frame))
                    await to.WriteAsync(changed, _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // the end of either side
        }
    }

    // cluster maps name the producer's port; free ports have five digits, so lengths stay what they are
    private byte[] WithOwnPort(byte[] frame)
    {
        if (Magic(frame) is not (AnswerMagic or PushMagic))
            return frame;
        var theirs = Encoding.ASCII.GetBytes(_target.ToString(CultureInfo.InvariantCulture));
        var ours = Encoding.ASCII.GetBytes(Port.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(theirs.Length, ours.Length);
        for (var at = HeaderLength; frame.AsSpan(at).IndexOf(theirs) is var found and >= 0; at += found + ours.Length)
            ours.CopyTo(frame, at + found);
        return frame;
    }
}
