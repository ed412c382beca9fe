using System.Text;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Protocol.Tests.Values;

public sealed class ValueTests
{
    private static DcpEvent Event(byte[] value, Datatype datatype) =>
        new() { Kind = DcpEventKind.Mutation, Value = value, Datatype = datatype };

    [Fact]
    public void A_raw_value_is_returned_as_it_is()
    {
        using var reader = new DcpValueReader();
        var change = Event("text"u8.ToArray(), Datatype.Raw);
        Assert.True(reader.ReadBody(change).Equals(change.Value));
        Assert.True(reader.ReadInflated(change).Equals(change.Value));
        Assert.Equal(0, reader.RentedBytes);
    }

    [Fact]
    public void An_empty_value_is_never_inflated_nor_split()
    {
        using var reader = new DcpValueReader();
        Assert.True(reader.ReadBody(Event([], Datatype.Snappy | Datatype.Xattr | Datatype.Json)).IsEmpty);
    }

    [Fact]
    public void Buffers_are_rented_once_a_value_and_returned_by_a_reset()
    {
        using var reader = new DcpValueReader();
        var text = Encoding.UTF8.GetBytes(new string('x', 5000));
        var change = Event(SnappyBlock.Deflate(text), Datatype.Snappy);
        Assert.Equal(text, reader.ReadBody(change).ToArray());
        var rented = reader.RentedBytes;
        Assert.True(rented >= 5000);
        Assert.Equal(text, reader.ReadInflated(change).ToArray());
        Assert.Equal(rented, reader.RentedBytes);
        reader.Reset();
        Assert.Equal(0, reader.RentedBytes);
        Assert.Equal(text, reader.ReadBody(change).ToArray());
    }

    [Fact]
    public void What_an_unpooled_reader_returned_stays()
    {
        var detached = new DcpValueReader().Detached;
        var first = detached.ReadBody(Event(SnappyBlock.Deflate("aaaaaaaaaaaaaaaa"u8), Datatype.Snappy));
        detached.ReadBody(Event(SnappyBlock.Deflate("bbbbbbbbbbbbbbbb"u8), Datatype.Snappy));
        Assert.Equal("aaaaaaaaaaaaaaaa", Encoding.UTF8.GetString(first.Span));
    }

    [Fact]
    public void Where_bodies_are_left_out_the_value_itself_tells_whether_it_is_compressed()
    {
        byte[] section = [0, 0, 0, 12, 0, 0, 0, 8, .. "_a"u8, 0, .. "1234"u8, 0];
        foreach (var reader in new IDcpValueReader[] { new DcpValueReader(trustSnappyBit: false), DcpValueReader.UnpooledWithoutValues })
        {
            Assert.Equal(section, reader.ReadInflated(Event(section, Datatype.Xattr | Datatype.Snappy)).ToArray());
            Assert.True(reader.ReadBody(Event(section, Datatype.Xattr | Datatype.Snappy)).IsEmpty);
            Assert.Equal(section, reader.ReadInflated(Event(SnappyBlock.Deflate(section), Datatype.Xattr | Datatype.Snappy)).ToArray());
        }
        Assert.Throws<InvalidDataException>(() => DcpValueReader.Unpooled.ReadInflated(Event(section, Datatype.Xattr | Datatype.Snappy)));
    }

    [Theory]
    [InlineData("ffffffff0f00")]
    [InlineData("81808010")]
    [InlineData("ffffffffffff")]
    [InlineData("80")]
    [InlineData("05")]
    [InlineData("0500")]
    [InlineData("050861")]
    [InlineData("0110616161616161")]
    [InlineData("0a01ff")]
    [InlineData("00ff")]
    public void A_damaged_or_absurd_block_is_refused(string hex)
    {
        using var reader = new DcpValueReader();
        Assert.Throws<InvalidDataException>(() => reader.ReadInflated(Event(Convert.FromHexString(hex), Datatype.Snappy)));
    }

    [Fact]
    public void An_announced_length_beyond_the_limit_is_refused_before_anything_is_rented()
    {
        byte[] block = [0x81, 0x80, 0x80, 0x0f, 0];
        Assert.Equal(30 * 1024 * 1024, SnappyBlock.MaxInflatedLength);
        Assert.Throws<InvalidDataException>(() => SnappyBlock.ReadInflatedLength(block));
        Assert.Equal(SnappyBlock.MaxInflatedLength, SnappyBlock.ReadInflatedLength([0x80, 0x80, 0x80, 0x0f]));
    }

    [Fact]
    public void A_block_that_announces_more_than_it_holds_is_refused_before_anything_is_made_for_it()
    {
        // 30 MiB announced, and a literal of one byte
        var change = Event([0x80, 0x80, 0x80, 0x0f, 0, (byte)'x'], Datatype.Snappy);
        using var reader = new DcpValueReader();
        Assert.Throws<InvalidDataException>(() => reader.ReadInflated(change));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => reader.ReadInflated(change));
        Assert.Throws<InvalidDataException>(() => DcpValueReader.Unpooled.ReadInflated(change));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
        Assert.Equal(0, reader.RentedBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("00000001")]
    [InlineData("ffffffff00")]
    public void A_section_beyond_its_value_is_refused(string hex) =>
        Assert.Throws<InvalidDataException>(() => { XattrSection.Read(Convert.FromHexString(hex)); });

    [Theory]
    [InlineData("00000002" + "0000")]
    [InlineData("00000004" + "00000001")]
    [InlineData("00000004" + "00000000")]
    [InlineData("00000008" + "00000004" + "61006200", true)]
    [InlineData("00000008" + "00000004" + "61006262")]
    [InlineData("00000008" + "00000004" + "00006200")]
    [InlineData("00000008" + "00000004" + "61610000", true)]
    [InlineData("00000008" + "00000004" + "61626300")]
    [InlineData("00000009" + "00000005" + "6100620000")]
    [InlineData("0000000c" + "00000004" + "61006200" + "ffffffff")]
    public void A_malformed_attribute_is_refused(string hex, bool legal = false)
    {
        var value = Convert.FromHexString(hex);
        void Walk()
        {
            for (var section = XattrSection.Read(value); section.MoveNext();)
                Assert.False(section.Key.IsEmpty);
        }
        if (legal)
            Walk();
        else
            Assert.Throws<InvalidDataException>(Walk);
    }

    [Fact]
    public void System_attributes_are_told_apart_and_the_body_follows_them()
    {
        byte[] value = [0, 0, 0, 24, 0, 0, 0, 8, .. "_a"u8, 0, .. "1234"u8, 0, 0, 0, 0, 8, .. "bb"u8, 0, .. "1234"u8, 0, .. "body"u8];
        var section = XattrSection.Read(value);
        Assert.True(section.MoveNext());
        Assert.True(section.IsSystem);
        Assert.True(section.MoveNext());
        Assert.False(section.IsSystem);
        Assert.False(section.MoveNext());
        Assert.Equal("body", Encoding.UTF8.GetString(DcpValueReader.Unpooled.ReadBody(Event(value, Datatype.Xattr)).Span));
    }
}
