using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Tests.Captures;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Protocol.Tests.Messages;

public sealed class ReferenceMessagesTests
{
    private static DcpEvent Event(string section)
    {
        // somewhere in a larger buffer, as in a receive buffer
        var frame = Reference.Bytes(section);
        byte[] buffer = [0xff, 0xff, 0xff, .. frame, 0xff];
        Assert.True(DcpMessageReader.TryReadEvent(buffer, 3, frame.Length, collections: true, out var change));
        Assert.Equal(new VBucketId(115), change.VBucket);
        Assert.Equal(FlowControlCharge.Of(Frame.Read(frame).Header), change.WireBytes);
        return change;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes.Span);

    [Fact]
    public void A_mutation_with_everything_is_read()
    {
        var change = Event("7.17");
        Assert.Equal(DcpEventKind.Mutation, change.Kind);
        Assert.Equal(new Seqno(1001), change.Seqno);
        Assert.Equal(3UL, change.RevSeqno);
        Assert.Equal(0x17A1B2C3D4E50000UL, change.Cas);
        Assert.Equal(0x02000006u, change.Flags);
        Assert.Equal(1924992000u, change.Expiry);
        Assert.Equal(0x1234u, change.CollectionId);
        Assert.Equal("hotel_10025", Text(change.Key));
        Assert.Equal(Datatype.Json | Datatype.Snappy | Datatype.Xattr, change.Datatype);
        Assert.Equal(115, change.Value.Length);

        using var reader = new DcpValueReader();
        Assert.Equal(Reference.Bytes("7.17", 1), reader.ReadInflated(change).ToArray());
        Assert.Equal("""{"type":"hotel","name":"Alpha","tags":["hotel","hotel","hotel","hotel"]}""", Text(reader.ReadBody(change)));
        Assert.True(XattrSection.TryFind(reader.ReadInflated(change).Span, "_sync"u8, out var sync));
        Assert.Equal("""{"rev":"1-abc","seq":7}""", System.Text.Encoding.UTF8.GetString(sync));
        Assert.True(XattrSection.TryFind(reader.ReadInflated(change).Span, "meta"u8, out _));
        Assert.False(XattrSection.TryFind(reader.ReadInflated(change).Span, "none"u8, out _));
    }

    [Theory]
    [InlineData("7.18", 0u)]
    [InlineData("7.19", 8u)]
    public void A_plain_mutation_is_read_with_and_without_a_stream_id(string section, uint collection)
    {
        var change = Event(section);
        Assert.Equal(("k1", "v1", collection), (Text(change.Key), Text(change.Value), change.CollectionId));
    }

    [Fact]
    public void Without_collections_the_whole_key_is_the_key()
    {
        var frame = Reference.Bytes("7.18");
        Assert.True(DcpMessageReader.TryReadEvent(frame, collections: false, out var change));
        Assert.Equal("\0k1", Text(change.Key));
        Assert.Equal(0u, change.CollectionId);
    }

    [Fact]
    public void Deletions_of_both_versions_and_expirations_are_read()
    {
        var first = Event("7.20");
        Assert.Equal((DcpEventKind.Deletion, new Seqno(1002), 4UL, 0u, "k1"), (first.Kind, first.Seqno, first.RevSeqno, first.DeleteTime, Text(first.Key)));
        var second = Event("7.21");
        Assert.Equal((DcpEventKind.Deletion, new Seqno(1003), 5UL, 1700000000u, "k2"), (second.Kind, second.Seqno, second.RevSeqno, second.DeleteTime, Text(second.Key)));
        Assert.True(XattrSection.TryFind(second.Value.Span, "_sync"u8, out _));
        Assert.True(DcpValueReader.Unpooled.ReadBody(second).IsEmpty);
        var expired = Event("7.22");
        Assert.Equal((DcpEventKind.Expiration, new Seqno(1004), 6UL, 1700000060u, "k3"), (expired.Kind, expired.Seqno, expired.RevSeqno, expired.DeleteTime, Text(expired.Key)));
    }

    [Fact]
    public void System_events_of_all_versions_are_read()
    {
        var begin = Event("7.23");
        Assert.Equal((DcpEventKind.SystemEvent, new Seqno(1005), "hotels"), (begin.Kind, begin.Seqno, Text(begin.Key)));
        Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionBegin, 5, 8, 9, "hotels", null), begin.CollectionEvent);
        Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionBegin, 6, 8, 10, "flights", 3600), Event("7.24").CollectionEvent);
        Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionEnd, 7, 8, 9, null, null), Event("7.25").CollectionEvent);
        Assert.Equal(new CollectionEvent(CollectionEventKind.CollectionBegin, 5, 8, 9, "hotels", null), Event("7.26").CollectionEvent);
    }

    [Fact]
    public void Seqno_advanced_and_out_of_order_marks_are_read()
    {
        Assert.Equal((DcpEventKind.SeqnoAdvanced, new Seqno(1010)), (Event("7.31").Kind, Event("7.31").Seqno));
        Assert.Equal(DcpEventKind.OsoStart, Event("7.32").Kind);
        var end = Reference.Bytes("7.32");
        end[^1] = 2;
        Assert.True(DcpMessageReader.TryReadEvent(end, collections: true, out var change));
        Assert.Equal(DcpEventKind.OsoEnd, change.Kind);
        end[^1] = 3;
        Assert.Throws<ProtocolException>(() => DcpMessageReader.TryReadEvent(end, collections: true, out _));
    }

    [Fact]
    public void Prepares_and_commits_are_read()
    {
        var prepare = Event("7.42");
        Assert.Equal((DcpEventKind.Prepare, new Seqno(1012), "k9", "v", (byte)1, 61), (prepare.Kind, prepare.Seqno, Text(prepare.Key), Text(prepare.Value), prepare.DurabilityLevel, prepare.WireBytes));
        var commit = Event("7.43");
        Assert.Equal((DcpEventKind.Commit, new Seqno(1013), new Seqno(1012), "k9"), (commit.Kind, commit.Seqno, commit.PreparedSeqno, Text(commit.Key)));
        var abort = Reference.Bytes("7.43");
        abort[1] = (byte)Opcode.DcpAbort;
        Assert.True(DcpMessageReader.TryReadEvent(abort, collections: true, out var aborted));
        Assert.Equal((DcpEventKind.Abort, new Seqno(1013), new Seqno(1012)), (aborted.Kind, aborted.Seqno, aborted.PreparedSeqno));
    }

    [Fact]
    public void Markers_of_all_versions_are_read()
    {
        Assert.Equal(
            new SnapshotMarker(new StreamSnapshot(new Seqno(990), new Seqno(1010)), SnapshotFlags.Memory),
            SnapshotMarkerMessage.Read(Frame.Read(Reference.Bytes("7.14"))));
        var disk = new SnapshotMarker(
            new StreamSnapshot(Seqno.Zero, new Seqno(1010)), SnapshotFlags.Disk | SnapshotFlags.Checkpoint, SnapshotMarkerVersion.V20,
            new Seqno(1009), new Seqno(1001));
        Assert.Equal(disk, SnapshotMarkerMessage.Read(Frame.Read(Reference.Bytes("7.15"))));
        Assert.Equal(
            disk with { Version = SnapshotMarkerVersion.V22, PurgeSeqno = new Seqno(420), HighPreparedSeqno = new Seqno(1002) },
            SnapshotMarkerMessage.Read(Frame.Read(Reference.Bytes("7.16"))));
    }

    [Theory]
    [InlineData(24, 1)]
    [InlineData(24, 3)]
    [InlineData(24, 255)]
    [InlineData(25, 255)]
    public void A_marker_of_an_unknown_version_or_an_inverted_range_is_refused(int offset, byte value)
    {
        var bytes = Reference.Bytes("7.16");
        bytes[offset] = value;
        Assert.Throws<ProtocolException>(() => SnapshotMarkerMessage.Read(Frame.Read(bytes)));
    }

    [Fact]
    public void A_stream_end_and_a_noop_are_read_and_are_no_events()
    {
        Assert.Equal(StreamEndReason.StateChanged, StreamEndMessage.Read(Frame.Read(Reference.Bytes("7.30"))).Reason);
        Assert.Equal(0x00989681u, NoopMessage.Read(Frame.Read(Reference.Bytes("7.28"))).Opaque);
        foreach (var section in new[] { "7.30", "7.28", "7.14", "7.11", "7.38" })
            Assert.False(DcpMessageReader.TryReadEvent(Reference.Bytes(section), collections: true, out _));
    }

    [Fact]
    public void A_cache_transfer_is_walked_over()
    {
        byte[] Record(byte seqno, byte[] key, byte[] value) =>
            [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, seqno, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, (byte)value.Length, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)key.Length, 1, 0, .. key, .. value];

        var output = new System.Buffers.ArrayBufferWriter<byte>();
        byte[] records = [.. Record(5, [0, 1], [2, 3, 4]), .. Record(6, [0], [])];
        FrameWriter.WriteRequest(output, Opcode.DcpCacheTransfer, default, 1, value: records);
        var items = CacheTransferMessage.Read(Frame.Read(output.WrittenSpan));
        Assert.True(items.MoveNext());
        Assert.Equal((7UL, new Seqno(5), Datatype.Json, 2, 3), (items.Cas, items.Seqno, items.Datatype, items.Key.Length, items.Value.Length));
        Assert.True(items.MoveNext());
        Assert.Equal((new Seqno(6), 1, 0), (items.Seqno, items.Key.Length, items.Value.Length));
        Assert.False(items.MoveNext());

        var cut = new System.Buffers.ArrayBufferWriter<byte>();
        FrameWriter.WriteRequest(cut, Opcode.DcpCacheTransfer, default, 1, value: records.AsSpan(0, 44));
        Assert.Throws<ProtocolException>(() => { CacheTransferMessage.Read(Frame.Read(cut.WrittenSpan)).MoveNext(); });
    }

    [Theory]
    [InlineData("7.18")]
    [InlineData("7.20")]
    [InlineData("7.21")]
    [InlineData("7.22")]
    [InlineData("7.23")]
    [InlineData("7.31")]
    [InlineData("7.32")]
    [InlineData("7.42")]
    [InlineData("7.43")]
    public void Extras_one_byte_too_short_or_too_long_are_refused(string section)
    {
        foreach (var by in new[] { -1, 1 })
        {
            var bytes = Reference.Bytes(section);
            // the byte comes from or goes to what follows the extras
            bytes[4] = (byte)(bytes[4] + by);
            bytes = by < 0 ? bytes : [.. bytes, 0];
            bytes[11] = (byte)(bytes.Length - FrameHeader.Size);
            Assert.Throws<ProtocolException>(() => DcpMessageReader.TryReadEvent(bytes, collections: true, out _));
        }
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xff)]
    public void A_key_that_does_not_begin_with_a_collection_id_is_refused(byte first)
    {
        var bytes = Reference.Bytes("7.18");
        bytes.AsSpan(55, 3).Fill(first);
        Assert.Throws<ProtocolException>(() => DcpMessageReader.TryReadEvent(bytes, collections: true, out _));
        Assert.True(DcpMessageReader.TryReadEvent(bytes, collections: false, out _));
    }
}
