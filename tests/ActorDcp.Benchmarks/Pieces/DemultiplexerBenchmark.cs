using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using ActorDcp.Client;
using ActorDcp.Producer;
using ActorDcp.Protocol;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Benchmarks.Pieces;

/// <summary>
/// Time and memory of an event from the receive buffer to its stream's queue, and from there in a batch to whoever takes it and gives it
/// back. The streams' events come one of each in turn.
/// </summary>
public class DemultiplexerBenchmark : IDisposable
{
    // all of them fit a window, so that what is rented was returned before
    private const int Events = 16_384;
    private const int EventsOfARead = 512;
    private const int Extras = 31;

    private static readonly OwnershipEpoch Epoch = new(1);

    private readonly List<DcpStream> _open = [];
    private EmbeddedProducer _producer = null!;
    private DcpConnection _connection = null!;
    private DcpDemultiplexer _demultiplexer = null!;
    private byte[] _markers = [];
    private byte[] _frames = [];
    private int _frameLength;
    private long _round;
    private long _bytes;

    /// <summary>Streams of the connection.</summary>
    [Params(64, 1024)]
    public int Streams { get; set; }

    /// <summary>Bytes of a document.</summary>
    [Params(256, 1024)]
    public int ValueBytes { get; set; }

    /// <summary>A connection, as only a node gives one, with streams that the node knows nothing of: what they get is laid out here.</summary>
    [GlobalSetup]
    public async Task OpenAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        _connection = await DcpConnection.OpenAsync(
            new DcpConnectionOptions
            {
                Name = "benchmark",
                Kv = new KvConnectionOptions
                {
                    Endpoint = new KvEndpoint("127.0.0.1", _producer.Endpoint.Port),
                    Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
                    Bucket = "default",
                },
            },
            TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var table = new StreamTable();
        _demultiplexer = new DcpDemultiplexer(_connection, table);
        for (var vbucket = 0; vbucket < Streams; vbucket++)
        {
            var request = new StreamRequest(VBucketId.From(vbucket), StreamOffset.Beginning, Seqno.Max);
            var stream = table.Add((opaque, _) => new DcpStream(_connection, request, opaque, streamId: null));
            stream.Accept(FailoverLog.Empty, collections: true, trustSnappyBit: true);
            _open.Add(stream);
        }
        LayOut();
        Feed(_markers);
    }

    /// <summary>Nothing waits, and the events to come are new.</summary>
    [IterationSetup(Target = nameof(Demultiplex))]
    public void Empty()
    {
        TakeAll();
        // a stream whose seqnos do not rise is a fault
        _round++;
        for (var i = 0; i < Events; i++)
            BinaryPrimitives.WriteInt64BigEndian(_frames.AsSpan(i * _frameLength + FrameHeader.Size), _round * Events + i);
    }

    /// <summary>Gives each event to its stream.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public void Demultiplex() => Feed(_frames);

    /// <summary>All events wait.</summary>
    [IterationSetup(Target = nameof(HandOver))]
    public void Fill()
    {
        Empty();
        Feed(_frames);
    }

    /// <summary>Takes all that waits of each stream as a batch, looks at its events and gives it back.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public void HandOver()
    {
        if (TakeAll() != Events)
            throw new InvalidOperationException("not all events came");
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _connection.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    private void Feed(byte[] frames)
    {
        var events = 0;
        for (var at = 0; FrameScanner.TryScanHeader(frames.AsSpan(at), out var header); at += header.FrameLength)
        {
            _demultiplexer.OnRequest(frames.AsSpan(at, header.FrameLength), header);
            if (++events % EventsOfARead == 0)
                _demultiplexer.OnReadCompleted(moreWaits: false);
        }
        _demultiplexer.OnReadCompleted(moreWaits: false);
    }

    private int TakeAll()
    {
        var events = 0;
        foreach (var stream in _open)
        {
            while (stream.TryTake(Epoch, out var batch))
            {
                foreach (var change in batch)
                    _bytes += change.Key.Length + change.Value.Length;
                events += batch.Count;
                batch.Release();
            }
        }
        return events;
    }

    private void LayOut()
    {
        var output = new ArrayBufferWriter<byte>();
        Span<byte> marker = stackalloc byte[20];
        BinaryPrimitives.WriteInt64BigEndian(marker[8..], long.MaxValue);
        foreach (var stream in _open)
            FrameWriter.WriteRequest(output, Opcode.DcpSnapshotMarker, stream.VBucket, stream.Opaque, marker);
        _markers = output.WrittenSpan.ToArray();
        output.ResetWrittenCount();
        var value = new byte[ValueBytes];
        for (var i = 0; i < Events; i++)
        {
            var stream = _open[i % Streams];
            FrameWriter.WriteRequest(
                output, Opcode.DcpMutation, stream.VBucket, stream.Opaque, new byte[Extras], [0, .. Encoding.ASCII.GetBytes($"document-{i:d8}")], value);
        }
        _frames = output.WrittenSpan.ToArray();
        _frameLength = _frames.Length / Events;
    }
}
