using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>A connection on which a recorded client is played. What comes back is sorted into lanes, as streams may overtake each other.</summary>
internal sealed class PlayedConnection : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<RawFrame>> _lanes = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly StreamTurns _turns = new();
    private readonly Task _reading;
    private long _outstanding;

    private PlayedConnection(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reading = ReadAsync();
    }

    /// <summary>Whether the producer has closed it.</summary>
    public bool IsClosed => _reading.IsCompleted;

    /// <summary>Bytes of flow control that the client asked for; 0 for none.</summary>
    public long Window { get; set; }

    /// <summary>Messages that came although the client had not acknowledged a window's worth.</summary>
    public ConcurrentQueue<RawFrame> BeyondWindow { get; } = new();

    /// <summary>Whether nothing more may come before an acknowledgement, and there are messages that were not waited for.</summary>
    public bool IsFullOfOthers => Window > 0 && Volatile.Read(ref _outstanding) >= Window && _lanes.Any(lane => lane.Key.StartsWith("stream", StringComparison.Ordinal) && !lane.Value.IsEmpty);

    public static async Task<PlayedConnection> OpenAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        return new PlayedConnection(socket);
    }

    /// <summary>Where a frame has its place: after the others of its request or of its stream.</summary>
    public static string LaneOf(RawFrame frame)
    {
        var header = frame.Header;
        if (header.IsServerInitiated)
            return $"server {(byte)header.Opcode:x2}";
        if (header.IsResponse)
            return header.Opcode == Opcode.Stat
                ? $"answer {header.Opaque:x} {Convert.ToHexStringLower(frame.Key)}"
                : $"answer {header.Opaque:x} {(byte)header.Opcode:x2}";
        return header.Opcode == Opcode.DcpNoop
            ? "noop"
            : $"stream {header.Opaque:x} {header.VBucketOrStatus} {Convert.ToHexStringLower(frame.FramingExtras)}";
    }

    /// <summary>Frees some of the window, just before that is told.</summary>
    public void Acknowledge(uint bytes)
    {
        lock (_lanes)
            _outstanding = Math.Max(0, _outstanding - bytes);
    }

    /// <summary>Whether its streams took turns, and how often that could be told.</summary>
    public (List<string> Unfair, int Checked) CheckTurns()
    {
        lock (_lanes)
            return (_turns.Unfair().ToList(), _turns.Checked);
    }

    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // the producer closed it: what is missing from then on says so
        }
    }

    /// <summary>The next frame of a lane; null when none comes in time.</summary>
    public async Task<RawFrame?> TakeAsync(string lane, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            if (_lanes.TryGetValue(lane, out var queue) && queue.TryDequeue(out var frame))
                return frame;
            if (_reading.IsCompleted)
                return null;
            if (IsFullOfOthers)
                return _lanes.TryGetValue(lane, out queue) && queue.TryDequeue(out frame) ? frame : null;
            try
            {
                await _arrived.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    public async Task<bool> WaitForCloseAsync(TimeSpan patience)
    {
        try
        {
            await Task.WhenAny(_reading).WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>What came and was not taken.</summary>
    public IEnumerable<RawFrame> Left() => _lanes.Values.SelectMany(queue => queue);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        var received = new List<byte>();
        try
        {
            int read;
            while ((read = await _stream.ReadAsync(buffer)) > 0)
            {
                received.AddRange(buffer.AsSpan(0, read));
                Sort(received);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // closed by either side
        }
        finally
        {
            _arrived.Release();
        }
    }

    private void Sort(List<byte> received)
    {
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(received);
        var start = 0;
        while (FrameScanner.TryScan(bytes[start..], out var length))
        {
            var frame = new RawFrame(bytes.Slice(start, length).ToArray());
            Charge(frame);
            _lanes.GetOrAdd(LaneOf(frame), _ => new ConcurrentQueue<RawFrame>()).Enqueue(frame);
            start += length;
            _arrived.Release();
        }
        received.RemoveRange(0, start);
    }

    /// <summary>Counts what is under flow control (dcp-reference.md 4.1).</summary>
    private void Charge(RawFrame frame)
    {
        if (frame.Header.IsResponse || frame.Header.IsServerInitiated || frame.Opcode == Opcode.DcpNoop)
            return;
        lock (_lanes)
        {
            if (Window > 0 && _outstanding >= Window)
                BeyondWindow.Enqueue(frame);
            _outstanding += frame.Bytes.Length;
            _turns.Add(frame);
            if (Window > 0 && _outstanding >= Window)
                _turns.Pause();
        }
    }
}
