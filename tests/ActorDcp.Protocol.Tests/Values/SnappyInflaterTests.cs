using ActorDcp.Protocol.Tests.Properties;
using ActorDcp.Protocol.Values;
using FsCheck;
using FsCheck.Fluent;
using Snappier;

namespace ActorDcp.Protocol.Tests.Values;

/// <summary>Blocks of every kind of tag, against a byte by byte reading of them and against the library.</summary>
public sealed class SnappyInflaterTests
{
    private static readonly Gen<Tag> AnyTag = Gen.OneOf(
        from length in Gen.Frequency(
            (20, Gen.Choose(1, 20)), (10, Gen.Choose(21, 70)), (10, Gen.Choose(250, 300)), (1, Gen.Choose(65_530, 65_600)))
        from first in Gen.Choose(0, 255)
        select new Tag(0, length, first),
        from length in Gen.Choose(4, 11)
        from offset in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 2_047))
        select new Tag(1, length, offset),
        from kind in Gen.Choose(2, 3)
        from length in Gen.Choose(1, 64)
        from offset in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 65_535))
        select new Tag(kind, length, offset));

    [Fact]
    public void Tags_of_every_kind_are_inflated_as_byte_by_byte() => Any.Holds(
        from count in Gen.Choose(1, 30)
        from tags in AnyTag.ArrayOf(count)
        select tags,
        tags =>
        {
            var (block, expected) = Write(tags);
            Assert.Equal(expected, SnappyBlock.Inflate(block));
            Assert.Equal(expected, Snappy.DecompressToArray(block));
        },
        times: 100);

    [Theory]
    [InlineData("060061" + "0501", "616161616161")]
    [InlineData("0a0061" + "1502", null)]
    [InlineData("090861626317" + "03000000", "616263616263616263")]
    [InlineData("0208616263", null)]
    [InlineData("050061" + "0100", null)]
    [InlineData("050061" + "0dffff", null)]
    [InlineData("0101ff", null)]
    [InlineData("0510", null)]
    [InlineData("051061626364", null)]
    [InlineData("0ff8000f", null)]
    public void A_worked_block_is_inflated_or_refused(string hex, string? expected)
    {
        var block = Convert.FromHexString(hex);
        if (expected is null)
            Assert.Throws<InvalidDataException>(() => SnappyBlock.Inflate(block));
        else
            Assert.Equal(Convert.FromHexString(expected), SnappyBlock.Inflate(block));
    }

    [Fact]
    public void Values_of_batches_are_inflated_without_allocating()
    {
        const int events = 100, batches = 50;
        using var reader = new DcpValueReader();
        var changes = Enumerable.Range(0, events).Select(i => new DcpEvent
        {
            Kind = DcpEventKind.Mutation, Datatype = Datatype.Snappy,
            Value = SnappyBlock.Deflate([.. Enumerable.Range(0, 256).Select(at => (byte)(at * i % 7))]),
        }).ToArray();
        var read = 0L;
        Batch();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < batches; i++)
            Batch();

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // a single byte an event would be five thousand
        Assert.InRange(allocated, 0, batches * events - 1);
        Assert.Equal((batches + 1L) * events * 256, read);

        void Batch()
        {
            foreach (var change in changes)
                read += reader.ReadBody(change).Length;
            reader.Reset();
        }
    }

    private static (byte[] Block, byte[] Expected) Write(Tag[] tags)
    {
        List<byte> block = [], expected = [];
        foreach (var (kind, length, number) in tags)
        {
            if (kind == 0 || number > expected.Count)
            {
                // a copy from before the beginning becomes a literal
                WriteLiteral(block, length);
                for (var i = 0; i < length; i++)
                    expected.Add((byte)(number + i * 31));
                block.AddRange(expected.TakeLast(length));
                continue;
            }
            WriteCopy(block, kind, length, number);
            for (var i = 0; i < length; i++)
                expected.Add(expected[^number]);
        }
        List<byte> whole = [];
        for (var left = expected.Count; ; left >>= 7)
        {
            whole.Add((byte)(left > 0x7f ? left | 0x80 : left));
            if (left <= 0x7f)
                break;
        }
        return ([.. whole, .. block], [.. expected]);
    }

    private static void WriteLiteral(List<byte> block, int length)
    {
        var number = length - 1;
        if (number < 60)
        {
            block.Add((byte)(number << 2));
            return;
        }
        var bytes = number <= 0xff ? 1 : number <= 0xffff ? 2 : 3;
        block.Add((byte)((59 + bytes) << 2));
        for (var i = 0; i < bytes; i++)
            block.Add((byte)(number >> (8 * i)));
    }

    private static void WriteCopy(List<byte> block, int kind, int length, int offset)
    {
        if (kind == 1)
        {
            block.AddRange([(byte)(offset >> 8 << 5 | (length - 4) << 2 | 1), (byte)offset]);
            return;
        }
        block.Add((byte)((length - 1) << 2 | kind));
        for (var i = 0; i < (kind == 2 ? 2 : 4); i++)
            block.Add((byte)(offset >> (8 * i)));
    }

    private sealed record Tag(int Kind, int Length, int Number);
}
