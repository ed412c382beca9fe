using ActorDcp.Persistence;

namespace ActorDcp.Tests.Persistence;

public sealed class RetainedBoundariesCodecTests
{
    // written once by version 1, never to be changed: rows in the field look like this
    private const string GoldenVersion1 =
        "01" + "02" + "0000111122223333" + "fedcba9876543210" + "03" +
        "00" + "78" + "80e4d0f4b733" + "00" + "3c" + "d00f" + "01" + "cbfeffffffffffffff01" + "01";

    private static readonly RetainedBoundaries Golden = RetainedBoundaries.From(
    [
        Boundary(0x0000111122223333, 120, 0),
        Boundary(0x0000111122223333, 180, 2000),
        Boundary(0xfedcba9876543210, ulong.MaxValue, 2001),
    ]);

    [Fact]
    public void Version_1_is_read_and_written_as_the_golden_bytes()
    {
        Assert.Equal(GoldenVersion1, Convert.ToHexStringLower(RetainedBoundariesCodec.Encode(Golden)));
        Assert.Equal(Golden, RetainedBoundariesCodec.Decode(Convert.FromHexString(GoldenVersion1)));
    }

    [Fact]
    public void An_empty_column_means_none()
    {
        Assert.Empty(RetainedBoundariesCodec.Encode(RetainedBoundaries.None));
        Assert.Equal(RetainedBoundaries.None, RetainedBoundariesCodec.Decode([]));
    }

    [Fact]
    public void Sixty_six_boundaries_need_less_than_a_kilobyte()
    {
        var items = Enumerable.Range(1, RetainedBoundaries.MaxCount).Select(i => Boundary(5, (ulong)i * 100_000, i * 60_000));
        Assert.InRange(RetainedBoundariesCodec.Encode(RetainedBoundaries.From(items)).Length, 1, 1000);
    }

    [Fact]
    public void Bytes_cut_anywhere_are_refused()
    {
        var bytes = Convert.FromHexString(GoldenVersion1);
        for (var length = 1; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => RetainedBoundariesCodec.Decode(bytes.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("02")] // a version of the future
    [InlineData("01ffffffff0f")] // absurdly many branches
    [InlineData("010043")] // 67 boundaries
    [InlineData("01010000000000000001" + "01" + "01" + "05" + "05")] // a branch that is not there
    [InlineData("01010000000000000001" + "02" + "000505" + "000005")] // a seqno twice
    [InlineData("01010000000000000001" + "01" + "0005ffffffffffffffffff01")] // a time that cannot be
    [InlineData("010000" + "00")] // something behind the end
    public void Bytes_that_make_no_sense_are_refused(string hex) =>
        Assert.Throws<InvalidDataException>(() => RetainedBoundariesCodec.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Random_bytes_never_do_anything_but_decode_or_be_refused()
    {
        var random = new Random(1);
        var decoded = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var bytes = Convert.FromHexString(GoldenVersion1);
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                decoded += RetainedBoundariesCodec.Decode(bytes).Count > 0 ? 1 : 0;
            }
            catch (InvalidDataException)
            {
            }
        }
        Assert.InRange(decoded, 1, 99_999);
    }

    private static RetainedBoundary Boundary(ulong uuid, ulong seqno, long milliseconds) =>
        new(new VBucketUuid(uuid), new Seqno(seqno), DateTimeOffset.FromUnixTimeMilliseconds(1_767_355_200_000 + milliseconds));
}
