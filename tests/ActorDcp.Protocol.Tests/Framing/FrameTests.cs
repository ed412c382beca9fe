using System.Buffers;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Framing;

public sealed class FrameTests
{
    [Fact]
    public void A_classic_frame_shows_its_parts()
    {
        var frame = Frame.Read(Reference.Bytes("7.17"));
        Assert.Equal(Magic.Request, frame.Header.Magic);
        Assert.Equal(Opcode.DcpMutation, frame.Header.Opcode);
        Assert.Equal(new VBucketId(115), frame.Header.VBucket);
        Assert.Equal(0x00730001u, frame.Header.Opaque);
        Assert.Equal(0x17A1B2C3D4E50000UL, frame.Header.Cas);
        Assert.Equal(Datatype.Json | Datatype.Snappy | Datatype.Xattr, frame.Header.Datatype);
        Assert.Equal((31, 13, 115), (frame.Extras.Length, frame.Key.Length, frame.Value.Length));
        Assert.Equal((55, 68), (frame.KeyOffset, frame.ValueOffset));
        Assert.Equal(183, frame.Header.FrameLength);
    }

    [Fact]
    public void A_flexible_frame_shows_its_stream_id()
    {
        var frame = Frame.Read(Reference.Bytes("7.19"));
        Assert.True(FramingExtras.TryGetStreamId(frame.FramingExtras, out var streamId));
        Assert.Equal(71, streamId);
        Assert.Equal("k1"u8.ToArray(), frame.Key[1..].ToArray());
        Assert.Equal("v1"u8.ToArray(), frame.Value.ToArray());
    }

    [Fact]
    public void A_frame_without_framing_extras_has_no_stream_id() =>
        Assert.False(FramingExtras.TryGetStreamId(Frame.Read(Reference.Bytes("7.18")).FramingExtras, out _));

    [Fact]
    public void A_deletion_whose_header_hides_its_stream_id_shows_it_all_the_same()
    {
        var hidden = Capture.Load("streamid-deletions-v2").Frames.Where(frame => frame.Bytes[0] == 0x08 && frame.Bytes[2] == 0 && !frame.FromClient).ToList();
        Assert.NotEmpty(hidden);
        foreach (var captured in hidden)
        {
            var frame = captured.Read();
            Assert.True(frame.Header.Opcode is Opcode.DcpDeletion or Opcode.DcpExpiration);
            Assert.True(FramingExtras.TryGetStreamId(frame.FramingExtras, out var streamId));
            Assert.NotEqual(0, streamId);
            Assert.True(frame.Extras.Length is 20 or 21, captured.ToString());
        }
    }

    [Fact]
    public void A_traced_answer_shows_how_long_the_server_took()
    {
        var frame = Frame.Read(Reference.Bytes("7.50"));
        Assert.True(FramingExtras.TryGetServerDuration(frame.FramingExtras, out var duration));
        Assert.Equal(TimeSpan.FromMicroseconds(980), duration);
    }

    [Fact]
    public void Escaped_ids_and_lengths_are_read()
    {
        byte[] data = [.. Enumerable.Range(0, 20).Select(number => (byte)number)];
        // id 15 + 3, length 15 + 5; then a stream id
        byte[] framing = [0xff, 3, 5, .. data, 0x22, 0, 7];
        var entries = new FramingExtras(framing);
        Assert.True(entries.MoveNext());
        Assert.Equal(18, entries.Id);
        Assert.Equal(data, entries.Data.ToArray());
        Assert.True(entries.MoveNext());
        Assert.Equal(2, entries.Id);
        Assert.False(entries.MoveNext());
        Assert.True(FramingExtras.TryGetStreamId(framing, out var streamId));
        Assert.Equal(7, streamId);
    }

    [Theory]
    [InlineData("22")]
    [InlineData("2200")]
    [InlineData("210000")]
    [InlineData("ff")]
    [InlineData("ff01")]
    [InlineData("f2")]
    [InlineData("2f")]
    public void Malformed_framing_extras_are_refused(string hex) =>
        Assert.Throws<ProtocolException>(() =>
        {
            var bytes = Convert.FromHexString(hex);
            for (var entries = new FramingExtras(bytes); entries.MoveNext();)
                FramingExtras.TryGetStreamId(bytes, out _);
        });

    [Fact]
    public void Durations_are_encoded_as_the_reference_shows()
    {
        foreach (var row in Reference.Rows("7.55"))
        {
            var encoded = ushort.Parse(row[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(encoded, ServerDuration.Encode(TimeSpan.FromMicroseconds(long.Parse(row[0], System.Globalization.CultureInfo.InvariantCulture))));
            Assert.Equal(long.Parse(row[2], System.Globalization.CultureInfo.InvariantCulture), ServerDuration.Decode(encoded).TotalMicroseconds);
        }
        Assert.Equal(ushort.MaxValue, ServerDuration.Encode(TimeSpan.FromHours(1)));
        Assert.Equal(0, ServerDuration.Encode(TimeSpan.FromSeconds(-1)));
    }

    [Theory]
    [InlineData("80570010000000000000000f00000000" + "0000000000000000", "a key longer than the body")]
    [InlineData("08570303000000000000000500000000" + "0000000000000000", "framing extras and key longer than the body")]
    [InlineData("80570000ff0000000000000000000000" + "0000000000000000", "extras longer than the body")]
    public void Lengths_that_do_not_fit_the_body_are_refused(string hex, string why)
    {
        var header = Convert.FromHexString(hex);
        var error = Assert.Throws<ProtocolException>(() => FrameHeader.Read(header));
        Assert.True(error.Message.Contains("announces", StringComparison.Ordinal), why);
    }

    [Fact]
    public void A_frame_that_is_cut_or_followed_by_more_is_refused()
    {
        var bytes = Reference.Bytes("7.18");
        Assert.Throws<ProtocolException>(() => { Frame.Read(bytes.AsSpan(0, bytes.Length - 1)); });
        Assert.Throws<ProtocolException>(() => { Frame.Read(bytes.AsSpan(0, 10)); });
        Assert.Throws<ProtocolException>(() => { Frame.Read([.. bytes, 0]); });
    }

    [Fact]
    public void Lengths_that_fit_no_header_are_not_written()
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentException>(() => FrameWriter.WriteRequest(output, Opcode.Get, default, 0, key: new byte[65536]));
        Assert.Throws<ArgumentException>(() => FrameWriter.WriteRequest(output, Opcode.Get, default, 0, key: new byte[256], framingExtras: [0x50]));
        Assert.Throws<OverflowException>(() => FrameWriter.WriteRequest(output, Opcode.Get, default, 0, extras: new byte[256]));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Durability_is_written_as_the_reference_shows()
    {
        var expected = Reference.Bytes("7.41");
        var output = new ArrayBufferWriter<byte>();
        Span<byte> framing = stackalloc byte[RequestFraming.MaxDurabilityLength];
        var length = RequestFraming.WriteDurability(framing, level: 1, TimeSpan.FromMilliseconds(2500));
        var frame = Frame.Read(expected);
        DocumentRequests.WriteStore(
            output, StoreMode.Set, new VBucketId(115), 0x0c, frame.Key, frame.Value, framingExtras: framing[..length]);
        Assert.Equal(expected, output.WrittenSpan.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => RequestFraming.WriteDurability(new byte[4], 1, TimeSpan.FromSeconds(66)));
    }
}
