using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>A client that knows frames and nothing else. Every read has a deadline.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Queue<RawFrame> _skipped = new();
    private byte[] _received = [];
    private uint _opaque = 100;

    private RawClient(Stream stream) => _stream = stream;

    public static Task<RawClient> ConnectAsync(EmbeddedProducer producer) => ConnectAsync(producer.Nodes[0]);

    public static Task<RawClient> ConnectAsync(ProducerNode node) => ConnectAsync(node.Endpoint);

    private static async Task<RawClient> ConnectAsync(EndPoint endPoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        return new RawClient(new NetworkStream(socket, ownsSocket: true));
    }

    public static async Task<RawClient> ConnectTlsAsync(EmbeddedProducer producer, SslClientAuthenticationOptions options)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(producer.TlsEndpoint!);
        var secure = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await secure.AuthenticateAsClientAsync(options);
        return new RawClient(secure);
    }

    /// <summary>Port of its own end of a plain connection.</summary>
    public int? LocalPort => ((_stream as NetworkStream)?.Socket.LocalEndPoint as IPEndPoint)?.Port;

    /// <summary>Frames that came while an answer was awaited and were not read yet.</summary>
    public int SkippedCount => _skipped.Count;

    /// <summary>Connects, says HELO, authenticates and selects the bucket.</summary>
    public static Task<RawClient> LoginAsync(EmbeddedProducer producer, params HelloFeature[] features) =>
        LoginAsync(producer.Nodes[0], features);

    /// <inheritdoc cref="LoginAsync(EmbeddedProducer, HelloFeature[])"/>
    public static Task<RawClient> LoginAsync(ProducerNode node, params HelloFeature[] features) =>
        LoginAsync(node.Endpoint, node.Bucket.Name, features);

    /// <summary>The same on a producer that runs in another process.</summary>
    public static async Task<RawClient> LoginAsync(EndPoint endPoint, string bucket, params HelloFeature[] features)
    {
        var client = await ConnectAsync(endPoint);
        if (features.Length == 0)
            features = [HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Snappy, HelloFeature.Json, HelloFeature.MutationSeqno, HelloFeature.Collections];
        await client.HelloAsync(features);
        await client.AuthenticateAsync("Administrator", EmbeddedProducerOptions.DefaultPassword);
        await client.SelectBucketAsync(bucket);
        return client;
    }

    /// <summary>As <see cref="LoginAsync"/>, then OPEN and CONTROL.</summary>
    public static Task<RawClient> OpenDcpAsync(
        EmbeddedProducer producer, uint flags = 1, string? name = null, HelloFeature[]? features = null, params (string Key, string Value)[] controls) =>
        OpenDcpAsync(producer.Nodes[0], flags, name, features, controls);

    /// <inheritdoc cref="OpenDcpAsync(EmbeddedProducer, uint, string?, HelloFeature[], ValueTuple{string, string}[])"/>
    public static async Task<RawClient> OpenDcpAsync(
        ProducerNode node, uint flags = 1, string? name = null, HelloFeature[]? features = null, params (string Key, string Value)[] controls)
    {
        var client = await LoginAsync(node, features ?? []);
        await client.OpenAsync(name ?? Guid.NewGuid().ToString("N"), flags);
        await client.ControlAsync("enable_noop", "true");
        foreach (var (key, value) in controls)
            await client.ControlAsync(key, value);
        return client;
    }

    public async Task<HelloFeature[]> HelloAsync(params HelloFeature[] features)
    {
        var value = features.SelectMany(feature => new[] { (byte)((ushort)feature >> 8), (byte)feature }).ToArray();
        var answer = await AskAsync(Opcode.Helo, key: "test"u8.ToArray(), value: value);
        Assert.Equal(Status.Success, answer.Status);
        return [.. answer.Value.Chunk(2).Select(pair => (HelloFeature)(pair[0] << 8 | pair[1]))];
    }

    public async Task AuthenticateAsync(string user, string password)
    {
        var answer = await AskAsync(Opcode.SaslAuth, key: "PLAIN"u8.ToArray(), value: Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
        Assert.Equal(Status.Success, answer.Status);
    }

    public async Task SelectBucketAsync(string name) =>
        Assert.Equal(Status.Success, (await AskAsync(Opcode.SelectBucket, key: Encoding.UTF8.GetBytes(name))).Status);

    public async Task OpenAsync(string name, uint flags) =>
        Assert.Equal(Status.Success, (await AskAsync(Opcode.DcpOpen, extras: [.. new byte[4], .. U32(flags)], key: Encoding.UTF8.GetBytes(name))).Status);

    public async Task ControlAsync(string key, string value) =>
        Assert.Equal(Status.Success, (await TryControlAsync(key, value)).Status);

    public Task<RawFrame> TryControlAsync(string key, string value) =>
        AskAsync(Opcode.DcpControl, key: Encoding.UTF8.GetBytes(key), value: Encoding.UTF8.GetBytes(value));

    /// <summary>Asks for a stream and returns the answer.</summary>
    public Task<RawFrame> StreamAsync(
        ushort vbucket, ulong start = 0, ulong end = ulong.MaxValue, ulong uuid = 0, ulong? snapshotStart = null, ulong? snapshotEnd = null,
        uint flags = 0, string value = "") =>
        AskAsync(Opcode.DcpStreamReq, vbucket,
            [.. U32(flags), .. U32(0), .. U64(start), .. U64(end), .. U64(uuid), .. U64(snapshotStart ?? start), .. U64(snapshotEnd ?? start)],
            value: Encoding.UTF8.GetBytes(value));

    public Task<RawFrame> SetAsync(ushort vbucket, string key, string value, uint flags = 0, uint expiry = 0, ulong cas = 0) =>
        AskAsync(Opcode.Set, vbucket, [.. U32(flags), .. U32(expiry)], [0, .. Encoding.UTF8.GetBytes(key)], Encoding.UTF8.GetBytes(value), cas: cas);

    public Task AckAsync(uint bytes) => SendAsync(Opcode.DcpBufferAck, 0, 0, U32(bytes));

    /// <summary>Sends a request and reads up to its answer; what comes before it is kept for <see cref="ReadAsync"/>.</summary>
    public async Task<RawFrame> AskAsync(
        Opcode opcode, ushort vbucket = 0, byte[]? extras = null, byte[]? key = null, byte[]? value = null,
        Datatype datatype = Datatype.Raw, ulong cas = 0)
    {
        var opaque = _opaque++;
        await SendAsync(opcode, vbucket, opaque, extras, key, value, datatype, cas);
        while (true)
        {
            var frame = await ReceiveAsync();
            if (frame.Header.IsResponse && frame.Header.Opaque == opaque)
                return frame;
            _skipped.Enqueue(frame);
        }
    }

    public async Task SendAsync(
        Opcode opcode, ushort vbucket, uint opaque, byte[]? extras = null, byte[]? key = null, byte[]? value = null,
        Datatype datatype = Datatype.Raw, ulong cas = 0, byte[]? framing = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        FrameWriter.WriteRequest(buffer, opcode, new VBucketId(vbucket), opaque, extras, key, value, datatype, cas, framing);
        await SendRawAsync(buffer.WrittenMemory);
    }

    public async Task ReplyAsync(RawFrame request, Status status = Status.Success, uint? opaque = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(buffer, request.Opcode, status, opaque ?? request.Header.Opaque);
        await SendRawAsync(buffer.WrittenMemory);
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    /// <summary>The next frame that was not an awaited answer.</summary>
    public async Task<RawFrame> ReadAsync(CancellationToken cancellationToken = default) =>
        _skipped.TryDequeue(out var frame) ? frame : await ReceiveAsync(cancellationToken);

    /// <summary>Reads frames up to and with the first that fits.</summary>
    public async Task<List<RawFrame>> ReadUntilAsync(Func<RawFrame, bool> last)
    {
        var frames = new List<RawFrame>();
        do
            frames.Add(await ReadAsync());
        while (!last(frames[^1]));
        return frames;
    }

    /// <summary>Reads so many frames and shows them as text.</summary>
    public async Task<string[]> ReadTextsAsync(int count)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
            texts[i] = (await ReadAsync()).ToString();
        return texts;
    }

    /// <summary>Waits until the server has closed the connection. Returns how many bytes came before that, without those of frames already read.</summary>
    public async Task<int> WaitForCloseAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var bytes = 0;
        try
        {
            while (await _stream.ReadAsync(_buffer, deadline.Token) is > 0 and var read)
                bytes += read;
        }
        catch (IOException)
        {
            // a reset is a close too
        }
        return bytes;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    private async Task<RawFrame> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        while (true)
        {
            if (FrameScanner.TryScan(_received, out var length))
            {
                var frame = new RawFrame(_received[..length]);
                _received = _received[length..];
                return frame;
            }
            var target = length > _buffer.Length ? new byte[length - _received.Length] : _buffer;
            var read = await _stream.ReadAsync(target, deadline.Token);
            if (read == 0)
                throw new EndOfStreamException("the producer closed the connection");
            _received = [.. _received, .. target.AsSpan(0, read)];
        }
    }
}
