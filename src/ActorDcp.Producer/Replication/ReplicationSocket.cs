using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Replication;

/// <summary>
/// One connection to another node: frames in, frames out. Anyone may write at any time, and what was written goes out in order;
/// one reader reads.
/// </summary>
internal sealed class ReplicationSocket : IAsyncDisposable
{
    private const int ReceiveBufferSize = 64 * 1024;
    private readonly Lock _gate = new();
    private readonly NetworkStream _stream;
    private readonly AsyncSignal _written = new();
    private ArrayBufferWriter<byte> _pending = new(4 * 1024);
    private ArrayBufferWriter<byte> _sending = new(4 * 1024);
    private byte[] _received = new byte[ReceiveBufferSize];
    private int _start;
    private int _end;

    private ReplicationSocket(NetworkStream stream) => _stream = stream;

    public delegate void FrameHandler(in Frame frame);

    public static async Task<ReplicationSocket> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new ReplicationSocket(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Write(Action<IBufferWriter<byte>> write)
    {
        lock (_gate)
            write(_pending);
        _written.Set();
    }

    /// <summary>Sends what is written, until cancelled.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _written.WaitAsync(cancellationToken);
            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Sends what was written so far. Not while <see cref="SendAsync"/> runs.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            (_pending, _sending) = (_sending, _pending);
        await _stream.WriteAsync(_sending.WrittenMemory, cancellationToken);
        _sending.ResetWrittenCount();
    }

    /// <summary>Waits for bytes, and handles every whole frame there is then.</summary>
    /// <exception cref="EndOfStreamException">The other node closed the connection.</exception>
    public async Task ReceiveAsync(FrameHandler handle, CancellationToken cancellationToken)
    {
        var read = await _stream.ReadAsync(_received.AsMemory(_end), cancellationToken);
        if (read == 0)
            throw new EndOfStreamException("the other node closed the connection");
        _end += read;
        int length;
        while (FrameScanner.TryScan(_received.AsSpan(_start, _end - _start), out length))
        {
            handle(Frame.Read(_received.AsSpan(_start, length)));
            _start += length;
        }
        MakeRoom(length);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private void MakeRoom(int needed)
    {
        var rest = _received.AsSpan(_start, _end - _start);
        var target = needed > _received.Length ? new byte[needed] : _received;
        rest.CopyTo(target);
        _received = target;
        _end -= _start;
        _start = 0;
    }
}
