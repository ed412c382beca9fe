using System.Globalization;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>However the bytes of a recording are cut, the client's read path makes the same of them.</summary>
public sealed class SplitTests
{
    // of a longer frame the header, the end and each so-manieth byte between are enough: nothing in between decides anything
    private const int LongFrame = 2_000;
    private const int Ends = 100;
    private const int Stride = 997;

    public static TheoryData<string> Recordings => [.. Capture.Names];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Whole_or_one_byte_at_a_time_it_is_the_same(string name)
    {
        foreach (var connection in Capture.Load(name).Connections)
        {
            var frames = connection.Frames.Where(frame => !frame.FromClient).Select(frame => frame.Bytes).ToList();
            var expected = frames.Select(Describe).Where(text => text.Length > 0).ToList();
            byte[] all = [.. frames.SelectMany(bytes => bytes)];
            Assert.Equal(expected, await ReadAsync([all]));
            Assert.Equal(expected, await ReadAsync(Enumerable.Range(0, all.Length).Select(i => new ReadOnlyMemory<byte>(all, i, 1))));
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Split_at_every_byte_it_is_the_same(string name)
    {
        foreach (var connection in Capture.Load(name).Connections)
        {
            // a frame is sent once for each place in it, cut there; the same frame need not be twice
            var frames = connection.Frames.Where(frame => !frame.FromClient).Select(frame => frame.Bytes)
                .DistinctBy(Convert.ToHexString).ToList();
            var expected = frames.SelectMany(bytes => Enumerable.Repeat(Describe(bytes), Cuts(bytes.Length).Count())).Where(text => text.Length > 0).ToList();
            var pieces = frames.SelectMany(bytes => Cuts(bytes.Length)
                .SelectMany(cut => new[] { new ReadOnlyMemory<byte>(bytes, 0, cut), new ReadOnlyMemory<byte>(bytes, cut, bytes.Length - cut) }));
            Assert.Equal(expected, await ReadAsync(pieces));
        }
    }

    private static IEnumerable<int> Cuts(int length) => Enumerable.Range(1, length - 1)
        .Where(cut => length <= LongFrame || cut <= Ends || cut >= length - Ends || cut % Stride == 0);

    private static async Task<List<string>> ReadAsync(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var sink = new DescribingSink();
        var transport = new FrameTransport(
            new PiecedStream(pieces), new KvEndpoint("127.0.0.1", 1), TimeSpan.FromSeconds(10), TimeProvider.System, NullLogger.Instance)
        {
            MaxFrameLength = FrameScanner.DefaultMaxFrameLength,
        };
        await using (transport)
        {
            transport.Start(sink);
            var ended = await transport.Completion.InTimeAsync();
            Assert.Contains("closed the connection", Assert.IsType<KvConnectionException>(ended).Message, StringComparison.Ordinal);
            Assert.DoesNotContain("in the middle", ended.Message, StringComparison.Ordinal);
            Assert.Equal(transport.Statistics.Frames, sink.Described.Count + transport.Statistics.UnknownFrames);
        }
        return sink.Described;
    }

    /// <summary>What our readers make of a request; responses that nobody waits for are only counted.</summary>
    private static string Describe(byte[] bytes)
    {
        if (!FrameHeader.Read(bytes).IsRequest)
            return "";
        if (bytes[0] != (byte)Magic.ServerRequest && DcpMessageReader.TryReadEvent(bytes, collections: false, out var change))
            return string.Create(CultureInfo.InvariantCulture,
                $"{change.Kind} {change.VBucket} {change.Seqno} {change.RevSeqno} {change.Cas} {change.Flags} {change.Expiry} {change.DeleteTime} {change.Datatype} {change.PreparedSeqno} {change.CollectionEvent} {change.WireBytes} {Hash(change.Key.Span)} {Hash(change.Value.Span)}");
        return $"{(Opcode)bytes[1]} {Hash(bytes)}";
    }

    private static string Hash(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= 64 ? Convert.ToHexString(bytes) : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));

    private sealed class DescribingSink : IFrameSink
    {
        internal List<string> Described { get; } = [];

        public void OnRequest(ReadOnlySpan<byte> frame, in FrameHeader header) => Described.Add(Describe(frame.ToArray()));

        public void OnReadCompleted(bool moreWaits)
        {
        }

        public void OnClosed(Exception? cause)
        {
        }
    }
}
