using System.Globalization;
using System.Text;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Keys;

public sealed class KeyTests
{
    [Fact]
    public void Keys_live_in_the_vbuckets_that_the_reference_names()
    {
        var rows = Reference.Rows("7.52").ToList();
        Assert.Equal(6, rows.Count);
        foreach (var row in rows)
        {
            var key = Encoding.UTF8.GetBytes(row[0].Trim('`'));
            Assert.Equal(int.Parse(row[2], CultureInfo.InvariantCulture), KeyHash.VBucketOf(key, 1024).Value);
            Assert.Equal(int.Parse(row[3], CultureInfo.InvariantCulture), KeyHash.VBucketOf(key, 64).Value);
        }
    }

    [Fact]
    public void Captured_documents_lie_where_their_keys_say()
    {
        foreach (var item in Capture.Load("basics-memory-full").Header.GetProperty("expect").GetProperty("kv").EnumerateArray())
            Assert.Equal(
                item.GetProperty("vb").GetInt32(),
                KeyHash.VBucketOf(Encoding.UTF8.GetBytes(item.GetProperty("key").GetString()!), 4).Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(65537)]
    public void No_bucket_has_such_a_number_of_vbuckets(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyHash.VBucketOf("k"u8, count));

    [Fact]
    public void Collection_ids_are_written_and_read_as_the_reference_shows()
    {
        var rows = Reference.Rows("7.53").ToList();
        Assert.Equal(9, rows.Count);
        Span<byte> buffer = stackalloc byte[Leb128.MaxLength];
        foreach (var row in rows)
        {
            var id = Reference.Hex(row[0]);
            var bytes = Convert.FromHexString(row[1].Trim('`').Replace(" ", "", StringComparison.Ordinal));
            Assert.Equal(bytes, buffer[..Leb128.Write(buffer, id)].ToArray());
            Assert.True(Leb128.TryRead([.. bytes, (byte)'k'], out var read, out var length));
            Assert.Equal((id, bytes.Length), (read, length));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffffffff")]
    [InlineData("8000")]
    [InlineData("808000")]
    [InlineData("ff00")]
    [InlineData("ffffffff10")]
    [InlineData("ffffffff7f")]
    [InlineData("ffffffffff")]
    [InlineData("ffffffffff01")]
    [InlineData("8080808000")]
    public void A_number_without_end_too_large_or_longer_than_needed_is_refused(string hex) =>
        Assert.False(Leb128.TryRead(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void A_key_is_prefixed_with_its_collection()
    {
        Assert.Equal(Convert.FromHexString("b424").Concat("hotel_10025"u8.ToArray()), CollectionKey.Encode(0x1234, "hotel_10025"u8));
        Assert.Equal("\0k"u8.ToArray(), CollectionKey.Encode(0, "k"u8));
    }

    [Theory]
    [InlineData(0u, 250, true)]
    [InlineData(0u, 251, false)]
    [InlineData(8u, 246, true)]
    [InlineData(8u, 247, false)]
    [InlineData(8u, 0, false)]
    public void A_key_has_the_length_that_the_server_allows(uint collection, int length, bool allowed)
    {
        if (allowed)
            Assert.True(CollectionKey.Encode(collection, new byte[length]).Length > length);
        else
            Assert.Throws<ArgumentException>(() => CollectionKey.Encode(collection, new byte[length]));
    }
}
