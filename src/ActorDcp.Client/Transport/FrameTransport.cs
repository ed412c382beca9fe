using System.Buffers;
using System.Net.Sockets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>
/// A connected socket that speaks frames: one read loop with a thread and a buffer of its own, one output, requests correlated by
/// opaque with a deadline each. Any fault closes it with its cause, and everything that waits fails with that cause.
/// </summary>
internal sealed class FrameTransport : IAsyncDisposable
{
    /// <summary>Bytes of the receive buffer. It grows only for a frame larger than it, and shrinks again.</summary>
    internal const int ReceiveBufferSize = 256 * 1024;

    // opaques of requests have this bit, those of streams do not
    private const uint RequestBit = 0x8000_0000;

    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly TimeSpan _requestTimeout;
    private readonly ILogger _log;
    private readonly FrameOutput _output;
    private readonly PendingRequests _pending = new();
    private readonly TaskCompletionSource<Exception?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private IFrameSink? _sink;
    private long _frames;
    private long _bytes;
    private long _reads;
    private long _unknown;
    private long _lastReceived;
    private uint _lastOpaque;
    private int _closed;
    private bool _loggedUnknown;

    internal FrameTransport(Stream stream, KvEndpoint endpoint, TimeSpan requestTimeout, TimeProvider time, ILogger log)
    {
        _stream = stream;
        _time = time;
        _requestTimeout = requestTimeout;
        _log = log;
        Endpoint = endpoint;
        _output = new FrameOutput(stream, Close);
        _lastReceived = time.GetTimestamp();
    }

    internal KvEndpoint Endpoint { get; }

    /// <summary>Largest frame that is accepted; small until the node let us in, with room for its error map.</summary>
    internal int MaxFrameLength { get; set; } = ReceiveBufferSize;

    /// <summary>What the node says of statuses; explains the answers from then on. Set from the read loop.</summary>
    internal ErrorMap Errors { get; set; } = ErrorMap.Empty;

    /// <summary>Whether login and bucket are behind us: a refusal that takes them back ends the connection from then on.</summary>
    internal bool IsLetIn { get; set; }

    /// <summary>Ends with the cause when the connection is gone; null when we closed it.</summary>
    internal Task<Exception?> Completion => _completion.Task;

    internal TransportStatistics Statistics => new(
        Volatile.Read(ref _frames), Volatile.Read(ref _bytes), Volatile.Read(ref _reads), Volatile.Read(ref _unknown));

    /// <summary>Time since anything was received.</summary>
    internal TimeSpan SinceLastReceived => _time.GetElapsedTime(Volatile.Read(ref _lastReceived));

    internal void Start(IFrameSink sink)
    {
        _sink = sink;
        // a thread of its own: on the pool each read queues behind all that the last one woke, and batches stay small
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>An opaque that no other request of this connection has.</summary>
    internal uint NextOpaque()
    {
        uint opaque;
        do
            opaque = Interlocked.Increment(ref _lastOpaque) | RequestBit;
        while (_pending.Knows(opaque));
        return opaque;
    }

    /// <summary>Sends a frame that has no answer.</summary>
    internal void Post(uint opaque, Action<IBufferWriter<byte>, uint> write) => _output.Post(opaque, write);

    internal Task<KvResponse> RequestAsync(string what, Action<IBufferWriter<byte>, uint> write, CancellationToken cancellation) =>
        RequestAsync(what, NextOpaque(), write, late: null, cancellation);

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="what">The request in words, for errors.</param>
    /// <param name="opaque">Its opaque.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="late">Gets the answer when it comes after the wait was given up; from the read loop.</param>
    /// <param name="cancellation">Gives up the wait.</param>
    /// <param name="more">Takes each answer of a request that has several, and says whether more come; from the read loop.</param>
    /// <exception cref="KvConnectionException">The connection is gone or the answer did not come in time.</exception>
    internal async Task<KvResponse> RequestAsync(
        string what, uint opaque, Action<IBufferWriter<byte>, uint> write, Action<KvResponse>? late, CancellationToken cancellation,
        Func<KvResponse, bool>? more = null)
    {
        cancellation.ThrowIfCancellationRequested();
        var answer = _pending.Add(opaque, late, more);
        try
        {
            Post(opaque, write);
        }
        catch
        {
            _pending.Remove(opaque);
            throw;
        }
        try
        {
            var response = await answer.WaitAsync(_requestTimeout, _time, cancellation).ConfigureAwait(false);
            return IsLetIn && response.EndsConnection ? throw Lost(what, response) : response;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            if (!_pending.Abandon(opaque))
                Close(new KvConnectionException($"{Endpoint} left more than {PendingRequests.MostAbandoned} requests without an answer"));
            if (exception is OperationCanceledException)
                throw;
            throw new KvConnectionException($"{Endpoint} did not answer {what} within {_requestTimeout.TotalSeconds:0.###} s", exception);
        }
    }

    internal void CountUnknown(in FrameHeader header)
    {
        _unknown++;
        if (_loggedUnknown)
            return;
        _loggedUnknown = true;
        ClientLog.UnknownFrame(_log, Endpoint, (byte)header.Magic, (byte)header.Opcode, header.VBucketOrStatus);
    }

    /// <summary>Closes with a cause; only the first one counts. On any thread.</summary>
    internal void Close(Exception? cause)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _output.Close();
        _stream.Dispose();
        _pending.Fail(cause ?? new KvConnectionException($"the connection to {Endpoint} was closed"));
        _sink?.OnClosed(cause);
        _completion.TrySetResult(cause);
    }

    public async ValueTask DisposeAsync()
    {
        Close(cause: null);
        await _reading.ConfigureAwait(false);
    }

    private void Read()
    {
        var buffer = new ReceiveBuffer(ReceiveBufferSize);
        try
        {
            while (true)
            {
                var free = buffer.Free.Span;
                var count = _stream.Read(free);
                if (count == 0)
                    throw new KvConnectionException(Ended(buffer.Length));
                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                _bytes += count;
                _reads++;
                buffer.Filled(count);
                var filled = count == free.Length;
                buffer.Consume(Demultiplex(buffer.Received, out var needed), needed);
                _sink!.OnReadCompleted(filled && MoreWaits);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Close(new KvConnectionException($"the connection to {Endpoint} broke: {exception.Message}", exception));
        }
        catch (ProtocolException exception)
        {
            Close(exception);
        }
        catch (KvConnectionException exception)
        {
            Close(exception);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // a fault of ours: nobody may wait for what will never be read
            Close(new KvConnectionException($"reading from {Endpoint} failed with {exception.GetType().Name}: {exception.Message}", exception));
        }
        finally
        {
            buffer.Dispose();
        }
    }

    // with TLS what waits may be part of a record, for whose rest a read would wait
    private bool MoreWaits => _stream is NetworkStream plain && plain.Socket.Available > 0;

    private KvConnectionException Lost(string what, KvResponse response)
    {
        var cause = new KvConnectionException($"{StatusFault.Of(what, Endpoint, response).Message}: the connection is made anew");
        Close(cause);
        return cause;
    }

    private string Ended(int left) => left == 0
        ? $"{Endpoint} closed the connection"
        : $"{Endpoint} closed the connection in the middle of a frame";

    // returns the bytes of whole frames; needed is the length of the frame that is not whole yet, 0 when unknown
    private int Demultiplex(ReadOnlySpan<byte> received, out int needed)
    {
        var consumed = 0;
        FrameHeader header;
        while (FrameScanner.TryScanHeader(received[consumed..], out header, MaxFrameLength))
        {
            Dispatch(received.Slice(consumed, header.FrameLength), header);
            consumed += header.FrameLength;
            _frames++;
        }
        needed = received.Length - consumed < FrameHeader.Size ? 0 : header.FrameLength;
        return consumed;
    }

    private void Dispatch(ReadOnlySpan<byte> frame, in FrameHeader header)
    {
        switch (header.Magic)
        {
            case Magic.Request or Magic.FlexibleRequest or Magic.ServerRequest:
                _sink!.OnRequest(frame, header);
                break;
            case Magic.Response or Magic.FlexibleResponse:
                if (!_pending.Knows(header.Opaque) || !_pending.Complete(header.Opaque, new KvResponse(frame.ToArray(), Errors)))
                    CountUnknown(header);
                break;
            default:
                CountUnknown(header);
                break;
        }
    }
}
