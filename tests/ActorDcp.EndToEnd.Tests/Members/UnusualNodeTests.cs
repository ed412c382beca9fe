using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>A group over a node that says what the embedded producer never does: put in, or changed, between the two.</summary>
public sealed class UnusualNodeTests
{
    private const int HeaderLength = 24;
    private const byte Request = 0x80;
    private const byte Answer = 0x81;
    private const uint OpaqueOfTheTest = 0xc105e000;

    private static readonly VBucketId VBucket = new(0);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(uint.MaxValue)]
    public async Task After_a_stream_end_of_any_reason_known_or_not_the_stream_is_asked_for_again_and_nothing_is_missing(uint reason)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        var node = new EndingNode();
        await using var relay = new FrameRelay(producer.Endpoint.Port, node.ToProducer, (_, frame) => node.ToClient(frame));
        var lines = folder.File("out.jsonl");
        await using var member = await StartAsync(relay, folder, lines);

        node.EndAfterNextChange(reason);
        producer.Bucket.Set(VBucket, "before", "{}"u8);
        await KeysAsync(lines, ["before"]);
        producer.Bucket.Set(VBucket, "after", "{}"u8);

        await KeysAsync(lines, ["before", "after"]);
        Assert.Equal((1, 2), (node.Ended, node.Asked));
    }

    [Theory]
    [InlineData(7, "every collection of the filter was dropped")]
    [InlineData(8, "lost the right to read")]
    public async Task A_stream_end_that_somebody_must_see_to_is_shown_with_its_reason(uint reason, string words)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        var node = new EndingNode();
        await using var relay = new FrameRelay(producer.Endpoint.Port, node.ToProducer, (_, frame) => node.ToClient(frame));
        await using var member = await StartAsync(relay, folder, folder.File("out.jsonl"));
        await member.CaughtUpAsync(producer);
        node.EndAfterNextChange(reason);
        producer.Bucket.Set(VBucket, "k", "{}"u8);

        Hosting.Http.VBucketStatus? row = null;
        await Eventually.TrueAsync(async () => (row = await RowAsync(member)).State == "Failed", () => $"{row}");

        Assert.Contains(words, row!.Reason, StringComparison.Ordinal);
        Assert.Equal(1UL, row.Handled);
    }

    [Fact]
    public async Task Cached_values_that_nobody_asked_for_are_passed_over_and_given_back_to_the_window()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Set(VBucket, "a", "{}"u8);
        var transferred = 0;
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) =>
        {
            if (FrameRelay.Magic(frame) != Request || FrameRelay.Opcode(frame) != (byte)Opcode.DcpSnapshotMarker)
                return [frame];
            transferred++;
            byte[] record = [.. new byte[15], 77, .. new byte[11], 5, .. new byte[8], 0, 7, 1, 0, 0, .. "cached"u8, .. "value"u8];
            return [Like(frame, Opcode.DcpCacheTransfer, [], record), Like(frame, Opcode.DcpCacheTransferEnd, [], []), frame];
        });
        var lines = folder.File("out.jsonl");
        await using var member = await StartAsync(relay, folder, lines);
        await KeysAsync(lines, ["a"]);
        producer.Bucket.Set(VBucket, "b", "{}"u8);

        await KeysAsync(lines, ["a", "b"]);

        Assert.InRange(transferred, 2, int.MaxValue);
        await Eventually.TrueAsync(
            async () => (await member.Group.GetStatusAsync(CancellationToken.None)).Nodes.All(sum => sum.Unacknowledged == 0), () => "bytes stay in the window");
    }

    [Fact]
    public async Task With_change_streams_every_version_of_a_document_reaches_the_handler()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Set(VBucket, "k", "{\"version\":1}"u8);
        producer.Bucket.Set(VBucket, "k", "{\"version\":2}"u8);
        uint asked = 0;
        // grants what the producer refuses, and sends the version that it has no more
        await using var relay = new FrameRelay(
            producer.Endpoint.Port,
            frame =>
            {
                if (FrameRelay.Opcode(frame) == (byte)Opcode.DcpControl && Frame.Read(frame).Key.SequenceEqual("change_streams"u8))
                    Volatile.Write(ref asked, Opaque(frame));
                return [frame];
            },
            (_, frame) => (FrameRelay.Magic(frame), (Opcode)FrameRelay.Opcode(frame)) switch
            {
                (Answer, Opcode.DcpControl) when Opaque(frame) == Volatile.Read(ref asked) => [Granted(frame)],
                (Request, Opcode.DcpSnapshotMarker) => [WithHistory(frame)],
                (Request, Opcode.DcpMutation) when Seqno(frame) == 2 => [WithSeqno(frame, 1), frame],
                _ => [frame],
            });
        var lines = folder.File("out.jsonl");

        await using (var member = await StartAsync(relay, folder, lines, ("ActorDcp:Stream:ChangeStreams", "true")))
            await member.CaughtUpAsync(producer);

        Assert.NotEqual(0u, Volatile.Read(ref asked));
        Assert.Equal([1UL, 2UL], Read(lines).Where(IsMutation).Select(line => line.GetProperty("seqno").GetUInt64()));
        Assert.All(Read(lines).Where(line => Type(line) == "snapshot"), line => Assert.Equal(0x30, line.GetProperty("flags").GetInt32() & 0x30));
    }

    [Fact]
    public async Task Where_the_node_has_no_change_streams_the_newest_versions_come_all_the_same()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Set(VBucket, "k", "{}"u8);
        producer.Bucket.Set(VBucket, "k", "{}"u8);
        var lines = folder.File("out.jsonl");

        await using (var member = await TestMember.StartAsync(producer, folder.Path, null, [.. Lines(lines), ("ActorDcp:Stream:ChangeStreams", "true")]))
            await member.CaughtUpAsync(producer);

        Assert.Equal([2UL], Read(lines).Where(IsMutation).Select(line => line.GetProperty("seqno").GetUInt64()));
    }

    [Fact]
    public async Task A_node_behind_the_manifest_is_asked_again_until_it_knows_the_collection_and_one_ahead_has_the_manifest_read()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        producer.Bucket.Collection("inventory", "hotels").Set(VBucket, "h1", "{}"u8);
        var node = new UnknowingNode { Manifest = "1" };
        await using var relay = new FrameRelay(producer.Endpoint.Port, node.ToProducer, (_, frame) => node.ToClient(frame));
        var lines = folder.File("out.jsonl");
        await using var member = await StartAsync(relay, folder, lines, ("ActorDcp:Stream:Collections", "inventory.hotels"));

        await Eventually.TrueAsync(() => node.Refusals >= 3, () => $"{node.Refusals} refusals");
        // the member read the manifest once, when it started: it has nothing to learn from a node that is behind
        Assert.Equal(1, node.ManifestsRead);
        node.Manifest = "9";
        await Eventually.TrueAsync(() => node.ManifestsRead >= 2, () => $"the manifest was read {node.ManifestsRead} times");
        node.Manifest = null;

        await KeysAsync(lines, ["h1"]);
        Assert.DoesNotContain(node.Requests, request => request.Contains("uid", StringComparison.Ordinal));
        producer.DropConnections();
        producer.Bucket.Collection("inventory", "hotels").Set(VBucket, "h2", "{}"u8);
        await KeysAsync(lines, ["h1", "h2"]);
        // by now events told it
        Assert.Contains("\"uid\":\"2\"", node.Requests.Last(), StringComparison.Ordinal);
    }

    private static Task<TestMember> StartAsync(FrameRelay relay, TestFolder folder, string lines, params (string, string)[] settings) =>
        TestMember.StartAsync($"couchbase://127.0.0.1:{relay.Port}", folder.Path, null, [.. Lines(lines), .. settings]);

    private static (string, string)[] Lines(string path) => [("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", path)];

    private static async Task<Hosting.Http.VBucketStatus> RowAsync(TestMember member) =>
        (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Single();

    private static Task KeysAsync(string path, IReadOnlyList<string> expected)
    {
        List<string> keys = [];
        return Eventually.TrueAsync(
            () =>
            {
                keys = [.. Read(path).Where(IsMutation).Select(line => line.GetProperty("key").GetString()!)];
                return keys.SequenceEqual(expected);
            },
            () => $"{string.Join(", ", keys)}, not {string.Join(", ", expected)}");
    }

    private static List<JsonElement> Read(string path) =>
        File.Exists(path) ? [.. File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement)] : [];

    private static bool IsMutation(JsonElement line) => Type(line) == "mutation";

    private static string? Type(JsonElement line) => line.GetProperty("type").GetString();

    private static uint Opaque(byte[] frame) => BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(12));

    private static ulong Seqno(byte[] frame) => BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(HeaderLength));

    private static byte[] WithSeqno(byte[] frame, ulong seqno)
    {
        var copy = frame.ToArray();
        BinaryPrimitives.WriteUInt64BigEndian(copy.AsSpan(HeaderLength), seqno);
        return copy;
    }

    private static byte[] Granted(byte[] frame)
    {
        var bare = frame[..HeaderLength];
        Array.Clear(bare, 2, 10);
        return bare;
    }

    // the flags' last byte: of v1 in the extras, of v2 in the value behind one byte of extras
    private static byte[] WithHistory(byte[] frame)
    {
        frame[HeaderLength + (frame[4] == 1 ? 1 : 0) + 19] |= 0x30;
        return frame;
    }

    /// <summary>A message of the same stream.</summary>
    private static byte[] Like(byte[] frame, Opcode opcode, byte[] extras, byte[] value)
    {
        byte[] made = [.. frame[..HeaderLength], .. extras, .. value];
        made[1] = (byte)opcode;
        Array.Clear(made, 2, 4);
        made[4] = (byte)extras.Length;
        BinaryPrimitives.WriteInt32BigEndian(made.AsSpan(8), extras.Length + value.Length);
        Array.Clear(made, 16, 8);
        return made;
    }

    /// <summary>Ends a stream towards the client, and closes it at the producer before it is asked for again.</summary>
    private sealed class EndingNode
    {
        private readonly Lock _lock = new();
        private uint? _reason;
        private bool _closes;

        public int Ended { get; private set; }

        /// <summary>How often a stream was asked for.</summary>
        public int Asked { get; private set; }

        public void EndAfterNextChange(uint reason)
        {
            lock (_lock)
                _reason = reason;
        }

        public IEnumerable<byte[]> ToProducer(byte[] frame)
        {
            lock (_lock)
            {
                if (FrameRelay.Magic(frame) != Request || FrameRelay.Opcode(frame) != (byte)Opcode.DcpStreamReq)
                    return [frame];
                Asked++;
                if (!_closes)
                    return [frame];
                _closes = false;
                var close = Like(frame, Opcode.DcpCloseStream, [], []);
                BinaryPrimitives.WriteUInt32BigEndian(close.AsSpan(12), OpaqueOfTheTest);
                return [close, frame];
            }
        }

        public IEnumerable<byte[]> ToClient(byte[] frame)
        {
            lock (_lock)
            {
                if (FrameRelay.Magic(frame) == Answer && Opaque(frame) == OpaqueOfTheTest)
                    return [];
                if (_reason is not { } reason || FrameRelay.Magic(frame) != Request || FrameRelay.Opcode(frame) != (byte)Opcode.DcpMutation)
                    return [frame];
                _reason = null;
                _closes = true;
                Ended++;
                var code = new byte[sizeof(uint)];
                BinaryPrimitives.WriteUInt32BigEndian(code, reason);
                return [frame, Like(frame, Opcode.DcpStreamEnd, code, [])];
            }
        }
    }

    /// <summary>Does not know the group's collection while it pretends to be at another manifest.</summary>
    private sealed class UnknowingNode
    {
        private volatile string? _manifest;
        private int _refusals;
        private int _manifestsRead;

        public string? Manifest
        {
            get => _manifest;
            set => _manifest = value;
        }

        public int Refusals => Volatile.Read(ref _refusals);

        public int ManifestsRead => Volatile.Read(ref _manifestsRead);

        public ConcurrentQueue<string> Requests { get; } = new();

        public IEnumerable<byte[]> ToProducer(byte[] frame)
        {
            if (FrameRelay.Opcode(frame) == (byte)Opcode.GetCollectionsManifest)
                Interlocked.Increment(ref _manifestsRead);
            if (FrameRelay.Opcode(frame) != (byte)Opcode.DcpStreamReq)
                return [frame];
            Requests.Enqueue(Encoding.ASCII.GetString(Frame.Read(frame).Value));
            if (_manifest is not null)
                Replace(frame, "\"collections\":[\"8\"]", "\"collections\":[\"f\"]");
            return [frame];
        }

        public IEnumerable<byte[]> ToClient(byte[] frame)
        {
            const ushort UnknownCollection = 0x88;
            if (FrameRelay.Magic(frame) != Answer || FrameRelay.Opcode(frame) != (byte)Opcode.DcpStreamReq
                || BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(6)) != UnknownCollection)
                return [frame];
            Interlocked.Increment(ref _refusals);
            if (_manifest is { } manifest)
                Replace(frame, "\"manifest_uid\":\"2\"", $"\"manifest_uid\":\"{manifest}\"");
            return [frame];
        }

        private static void Replace(byte[] frame, string old, string with)
        {
            var at = frame.AsSpan().IndexOf(Encoding.ASCII.GetBytes(old));
            Assert.True(at >= 0, $"{old} is not in {Encoding.ASCII.GetString(frame)}");
            Encoding.ASCII.GetBytes(with).CopyTo(frame, at);
        }
    }
}
