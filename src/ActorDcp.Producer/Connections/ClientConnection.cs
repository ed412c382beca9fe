using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;
using ActorDcp.Producer.Topology;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>
/// One connection: a reader that answers requests in order, and a sender that is the only one to write. What a DCP connection
/// sends is decided under <see cref="Gate"/>, in runs that fill a buffer (dcp-reference.md 5.7).
/// </summary>
internal sealed class ClientConnection : IDisposable
{
    public const int FillTarget = 256 * 1024;
    private const int ReceiveBufferSize = 64 * 1024;
    private const int ReceiveBufferBeforeAuthentication = 2 * 1024;
    private const int MaxPendingResponses = 4 * 1024 * 1024;
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(360);

    private readonly Stream _stream;
    private readonly AsyncSignal _wake = new();
    private readonly AsyncSignal _responsesTaken = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _openedAt;
    private OutputBuffer _responses = new(FillTarget);
    private OutputBuffer _sending = new(FillTarget);
    private OutputBuffer _following = new(FillTarget);
    private string? _closeReason;
    private bool _closeWhenSent;
    private bool _isDisposed;
    private bool _diesWhenSent;
    private long? _bytesToCut;
    private long _lastReceived;
    private long _writingSince;
    private long _requestStarted;
    private int _held;
    private int _receiveCapacity = ReceiveBufferBeforeAuthentication;

    public ClientConnection(ProducerServices services, Stream stream, EndPoint? remote, string? certificateUser)
    {
        Services = services;
        _stream = stream;
        Remote = remote;
        User = certificateUser;
        IsCertificateUser = certificateUser is not null;
        Stopping = _stop.Token;
        _openedAt = _lastReceived = services.Time.GetTimestamp();
    }

    /// <summary>Guards responses, the DCP session and everything it streams.</summary>
    public Lock Gate { get; } = new();

    public ProducerServices Services { get; }

    public EndPoint? Remote { get; }

    public string? User { get; set; }

    /// <summary>What its user may do now.</summary>
    public Access.UserRights Rights => Services.Accounts.RightsOf(User);

    /// <summary>Bytes that its buffers hold.</summary>
    public long BufferBytes => (long)_responses.Capacity + _sending.Capacity + _following.Capacity + Volatile.Read(ref _receiveCapacity);

    /// <summary>Cancelled when it is closed.</summary>
    public CancellationToken Stopping { get; }

    public bool IsDropped => _stop.IsCancellationRequested;

    public bool IsCertificateUser { get; }

    /// <summary>Whether it speaks TLS.</summary>
    public bool IsSecure => _stream is System.Net.Security.SslStream;

    public ConnectionFeatures Features { get; set; } = ConnectionFeatures.None;

    public bool IsOfNode { get; set; }

    public Access.SaslExchange? Sasl { get; set; }

    /// <summary>The bucket it selected.</summary>
    public Bucket? Bucket { get; set; }

    /// <summary>When it was opened, as a timestamp.</summary>
    public long OpenedAt => _openedAt;

    /// <summary>When something came last, as a timestamp.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    public DcpSession? Dcp { get; private set; }

    /// <summary>Whether answers may carry the JSON bit (dcp-reference.md 1.6).</summary>
    public bool AnswersJson => Features.Json;

    public string? DcpName => Dcp?.Name;

    /// <summary>Newest map of its bucket that this connection was given, in whatever answer or notification.</summary>
    public ClusterMapVersion? MapGiven { get; set; }

    /// <summary>Opening DCP grants Json, until the next HELO (dcp-reference.md 1.6).</summary>
    public void BecomeDcp(DcpSession session)
    {
        Dcp = session;
        Features = Features.With(HelloFeature.Json);
    }

    /// <summary>A request is under way that is answered later: requests behind it wait, unless the client takes answers in any order.</summary>
    public void Hold() => Interlocked.Increment(ref _held);

    /// <summary>That request was answered.</summary>
    public void Release()
    {
        Interlocked.Decrement(ref _held);
        _responsesTaken.Set();
        Wake();
    }

    /// <summary>The user's rights have changed: what is streamed without right ends.</summary>
    public void ApplyRights()
    {
        lock (Gate)
            Dcp?.EndWithoutRights(Rights);
        Wake();
    }

    /// <summary>Makes the sender look for work.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Closes at once.</summary>
    public void Drop(string reason)
    {
        _closeReason ??= reason;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // closed meanwhile
        }
    }

    /// <summary>Closes once everything answered so far is sent.</summary>
    public void CloseWhenSent(string reason)
    {
        lock (Gate)
        {
            _closeReason ??= reason;
            _closeWhenSent = true;
        }
        Wake();
    }

    /// <summary>Closes once everything up to here is sent, and takes the node along.</summary>
    public void DieWhenSent()
    {
        _diesWhenSent = true;
        CloseWhenSent("the node dies by request");
    }

    /// <summary>Answers a request.</summary>
    public void Respond(
        in FrameHeader request, Status status = Status.Success, ReadOnlySpan<byte> extras = default, ReadOnlySpan<byte> key = default,
        ReadOnlySpan<byte> value = default, Datatype datatype = Datatype.Raw, ulong cas = 0)
    {
        Span<byte> tracing = stackalloc byte[1 + sizeof(ushort)];
        if (Features.Tracing)
        {
            tracing[0] = (byte)ResponseFramingId.ServerDuration << 4 | sizeof(ushort);
            BinaryPrimitives.WriteUInt16BigEndian(tracing[1..], ServerDuration.Encode(Services.Time.GetElapsedTime(_requestStarted)));
        }
        lock (Gate)
            if (!_isDisposed)
                FrameWriter.WriteResponse(
                    _responses, request.Opcode, status, request.Opaque, extras, key, value, datatype, cas, Features.Tracing ? tracing : default);
    }

    /// <summary>Sends a frame that the server starts by itself.</summary>
    public void Push(ServerOpcode opcode, uint opaque, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        lock (Gate)
            FrameWriter.Write(_responses, Magic.ServerRequest, (Opcode)opcode, 0, opaque, default, extras, key, value,
                value.IsEmpty ? Datatype.Raw : Datatype.Json, 0);
        Wake();
    }

    /// <summary>Looks at the timers: authentication, dead peer, no-op.</summary>
    public void Tick()
    {
        var time = Services.Time;
        var writingSince = Volatile.Read(ref _writingSince);
        if (User is null && time.GetElapsedTime(_openedAt) > Services.Options.AuthenticationTimeout)
            Drop("not authenticated in time");
        else if (writingSince != 0 && time.GetElapsedTime(writingSince) > LongestWrite)
            Drop("the peer does not read");
        else if (Dcp is { NoopEnabled: true } && time.GetElapsedTime(Volatile.Read(ref _lastReceived)) > Services.Options.DcpIdleTimeout)
            Drop($"nothing received for {Services.Options.DcpIdleTimeout}");
        else if (Dcp is not null)
            Wake();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Services.Log.ConnectionOpened(Remote);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var sender = SendAsync(linked.Token);
        var reader = ReadAsync(linked.Token);
        try
        {
            await Task.WhenAny(sender, reader);
            Drop("closed by the peer");
            await Task.WhenAll(sender, reader);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // the usual ends of a connection; the reason is logged below
        }
        catch (ProtocolException exception)
        {
            Services.Log.ConnectionDropped(Remote, exception.Message);
        }
        catch (Exception exception)
        {
            Services.Log.ConnectionFailed(Remote, exception);
        }
        Services.Log.ConnectionClosed(Remote, _closeReason ?? "");
        lock (Gate)
            Dcp?.Close();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _stop.Dispose();
        lock (Gate)
        {
            _isDisposed = true;
            _responses.Dispose();
            _sending.Dispose();
            _following.Dispose();
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var last = _sending.Length == 0 && Fill(ref _sending);
            if (_sending.Length > 0)
            {
                Volatile.Write(ref _writingSince, Services.Time.GetTimestamp());
                await WriteAndFillAsync(cancellationToken);
                Volatile.Write(ref _writingSince, 0);
            }
            else if (last)
            {
                if (_diesWhenSent)
                    Services.Node.Die();
                return;
            }
            else
            {
                await _wake.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>Writes what is to be sent. While the peer makes room for it, what a DCP connection sends next is made ready.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAndFillAsync(CancellationToken cancellationToken)
    {
        var writing = WriteAsync(_sending.Written, cancellationToken);
        try
        {
            if (!writing.IsCompleted && Dcp is not null)
                Fill(ref _following);
        }
        finally
        {
            await writing;
        }
        _sending.Clear();
        (_sending, _following) = (_following, _sending);
    }

    /// <summary>Writes all, unless the connection is to be cut within it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (Dcp is not null)
            _bytesToCut ??= Services.Faults.TakeCut();
        if (_bytesToCut is not { } left || left >= bytes.Length)
        {
            _bytesToCut -= bytes.Length;
            await _stream.WriteAsync(bytes, cancellationToken);
            return;
        }
        await _stream.WriteAsync(bytes[..(int)left], cancellationToken);
        Drop("cut by request");
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Responses first, then what the DCP session has to send. Says whether this was the last to be sent.</summary>
    private bool Fill(ref OutputBuffer output)
    {
        lock (Gate)
        {
            if (_responses.Length > 0)
            {
                (_responses, output) = (output, _responses);
                _responsesTaken.Set();
            }
            if (_closeWhenSent)
                return true;
            Dcp?.Fill(output, FillTarget);
            return false;
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferBeforeAuthentication);
        try
        {
            int start = 0, end = 0;
            while (true)
            {
                var read = await _stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
                if (read == 0)
                    return;
                Volatile.Write(ref _lastReceived, Services.Time.GetTimestamp());
                end += read;
                int needed;
                while (!HandleFrames(buffer.AsSpan(0, end), ref start, out needed))
                {
                    Wake();
                    await _responsesTaken.WaitAsync(cancellationToken);
                }
                Wake();
                buffer = MakeRoom(buffer, ref start, ref end, needed);
                Volatile.Write(ref _receiveCapacity, buffer.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Handles whole frames; false when the peer must first take its responses.</summary>
    private bool HandleFrames(ReadOnlySpan<byte> received, ref int start, out int needed)
    {
        while (true)
        {
            needed = FrameHeader.Size;
            var limit = User is null ? FrameScanner.MaxFrameLengthBeforeAuthentication : FrameScanner.DefaultMaxFrameLength;
            var whole = FrameScanner.TryScan(received[start..], out var length, limit);
            if (!whole)
            {
                needed = Math.Max(length, FrameHeader.Size);
                return true;
            }
            if (_stop.IsCancellationRequested || Volatile.Read(ref _closeWhenSent))
                return true;
            if (Volatile.Read(ref _held) > 0 && !Features.Has(HelloFeature.UnorderedExecution))
                return false;
            var frame = Frame.Read(received.Slice(start, length));
            _requestStarted = Services.Time.GetTimestamp();
            CommandDispatcher.Handle(this, frame);
            start += length;
            if (_responses.Length > MaxPendingResponses)
                return false;
        }
    }

    private byte[] MakeRoom(byte[] buffer, ref int start, ref int end, int needed)
    {
        var rest = end - start;
        var wanted = Math.Max(needed, User is null ? ReceiveBufferBeforeAuthentication : ReceiveBufferSize);
        if (buffer.Length < wanted || (buffer.Length > ReceiveBufferSize * 4 && wanted <= ReceiveBufferSize))
        {
            var fitting = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, rest));
            buffer.AsSpan(start, rest).CopyTo(fitting);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = fitting;
        }
        else
        {
            buffer.AsSpan(start, rest).CopyTo(buffer);
        }
        start = 0;
        end = rest;
        return buffer;
    }
}
