using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Values;
using BenchmarkDotNet.Attributes;

namespace ActorDcp.Benchmarks.Readers;

/// <summary>Time and memory of an event: finding its frame, reading it, and reading its document.</summary>
public class ReaderBenchmark : IDisposable
{
    private const int Events = 1_000;
    private const int EventsOfABatch = 100;
    private const int PlainExtras = 31;

    private readonly DcpValueReader _values = new();
    private byte[] _frames = [];
    private bool _collections;

    /// <summary>Bytes of a document before it is compressed, attributes included.</summary>
    [Params(256, 4096)]
    public int ValueBytes { get; set; }

    /// <summary>What the documents are like.</summary>
    [ParamsAllValues]
    public ValueForm Form { get; set; }

    /// <summary>Lays the frames out one after the other, as a receive buffer holds them.</summary>
    [GlobalSetup]
    public void LayOut()
    {
        _collections = Form != ValueForm.Plain;
        var output = new ArrayBufferWriter<byte>();
        Span<byte> extras = stackalloc byte[PlainExtras];
        for (var i = 1; i <= Events; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(extras, (ulong)i);
            var key = Encoding.ASCII.GetBytes($"document-{i:d8}");
            FrameWriter.WriteRequest(
                output, Opcode.DcpMutation, VBucketId.From(7), 1, extras, _collections ? [8, .. key] : key, Value(i), DatatypeOfForm, cas: (ulong)i);
        }
        _frames = output.WrittenSpan.ToArray();
    }

    /// <summary>Finds each frame.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Scan()
    {
        var found = 0;
        for (var at = 0; FrameScanner.TryScan(_frames.AsSpan(at), out var length); at += length)
            found++;
        return found;
    }

    /// <summary>Finds and reads each event.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public ulong Read()
    {
        var sum = 0UL;
        for (var at = 0; FrameScanner.TryScan(_frames.AsSpan(at), out var length); at += length)
            if (DcpMessageReader.TryReadEvent(_frames, at, length, _collections, out var change))
                sum += change.Seqno.Value + (ulong)change.Key.Length;
        return sum;
    }

    /// <summary>Finds and reads each event and its document.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public long ReadBody()
    {
        var sum = 0L;
        var events = 0;
        for (var at = 0; FrameScanner.TryScan(_frames.AsSpan(at), out var length); at += length)
        {
            if (!DcpMessageReader.TryReadEvent(_frames, at, length, _collections, out var change))
                continue;
            sum += _values.ReadBody(change).Length;
            if (++events % EventsOfABatch == 0)
                _values.Reset();
        }
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        GC.SuppressFinalize(this);
    }

    private Datatype DatatypeOfForm => Form switch
    {
        ValueForm.Xattr => Datatype.Json | Datatype.Xattr,
        ValueForm.Snappy => Datatype.Json | Datatype.Snappy,
        _ => Datatype.Json,
    };

    private byte[] Value(int number)
    {
        byte[] attributes = Form == ValueForm.Xattr ? [0, 0, 0, 0, 0, 0, 0, 0, .. "_sync"u8, 0, .. "{\"rev\":\"1-abcd\"}"u8, 0] : [];
        if (attributes.Length > 0)
        {
            // the lengths of the section and of its only pair
            BinaryPrimitives.WriteInt32BigEndian(attributes, attributes.Length - sizeof(int));
            BinaryPrimitives.WriteInt32BigEndian(attributes.AsSpan(sizeof(int)), attributes.Length - 2 * sizeof(int));
        }
        // half of it repeats, as in documents of one kind
        var random = new Random(number);
        var text = new StringBuilder("{\"type\":\"benchmark\",\"text\":\"");
        while (text.Length < ValueBytes - attributes.Length - 2)
            text.Append(random.Next(2) == 0 ? "a word of many documents " : $"{random.NextInt64():x16}");
        text.Length = ValueBytes - attributes.Length - 2;
        byte[] document = [.. attributes, .. Encoding.ASCII.GetBytes(text.Append("\"}").ToString())];
        return Form == ValueForm.Snappy ? SnappyBlock.Deflate(document) : document;
    }
}
