using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Dcp;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>Mutations that go out as they are stored take a short way: nobody can tell by the bytes or their order.</summary>
public sealed class PlainMutationTests
{
    private const int VBuckets = 3;
    private static readonly byte[] Block = Snappier.Snappy.CompressToArray(Encoding.UTF8.GetBytes($"\"{new string('x', 400)}\""));

    /// <summary>A stream of one collection looks at each change; here that collection has all there is.</summary>
    [Theory]
    [InlineData(false, 0x25u)]
    [InlineData(true, 0x25u)]
    [InlineData(true, 0x21u)]
    [InlineData(true, 0x65u)]
    [InlineData(true, 0x29u)]
    public async Task Streams_of_everything_and_of_the_only_collection_carry_the_same_bytes(bool snappy, uint flags)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = VBuckets });
        for (ushort vbucket = 0; vbucket < VBuckets; vbucket++)
            Fill(producer.Bucket.Find(new VBucketId(vbucket)), vbucket);
        var all = await ReadAsync(producer, flags, snappy, "");
        var filtered = await ReadAsync(producer, flags, snappy, """{"collections":["0"]}""");
        Assert.Equal(VBuckets * 90, all.Count);
        Assert.Equal(filtered, all);
    }

    [Fact]
    public async Task A_small_window_takes_the_same_bytes_of_each_stream_in_turn()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = VBuckets });
        for (ushort vbucket = 0; vbucket < VBuckets; vbucket++)
            Fill(producer.Bucket.Find(new VBucketId(vbucket)), vbucket);
        var all = await ReadAsync(producer, 0x25, snappy: true, "", window: 900);
        var filtered = await ReadAsync(producer, 0x25, snappy: true, """{"collections":["0"]}""", window: 900);
        Assert.Equal(filtered, all);
    }

    [Fact]
    public void A_mutation_is_written_as_dcp_reference_3_9_says()
    {
        var item = StoredItem.Create("\0key"u8, "value"u8, new ItemMetadata(0x11, 0x22, 0x33, 0x44, 0x55, Datatype.Json, ItemKind.Mutation));
        using var output = new OutputBuffer(1024);
        var size = default(PlainMutations).Write(output, new StreamAddress(new VBucketId(0x0304), 0x05060708, 0), item);
        Assert.Equal(
            "80" + "57" + "0004" + "1f" + "01" + "0304" + "00000028" + "05060708" + "0000000000000022"
            + "0000000000000011" + "0000000000000033" + "00000044" + "00000055" + "00000000" + "0000" + "02"
            + "006b6579" + "76616c7565",
            Convert.ToHexStringLower(output.Written.Span));
        Assert.Equal(output.Length, size);
    }

    private static void Fill(VBucket vbucket, ushort seed)
    {
        for (var number = 0; number < 100; number++)
        {
            var key = Encoding.UTF8.GetBytes($"\0key-{number % 90}");
            var (value, datatype) = (number % 5) switch
            {
                0 => ([], Datatype.Raw),
                1 => (Encoding.UTF8.GetBytes(new string('v', number * (seed + 7))), Datatype.Raw),
                2 => (Block, Datatype.Json | Datatype.Snappy),
                3 => (ValueWithAttribute(), Datatype.Json | Datatype.Xattr),
                _ => (Encoding.UTF8.GetBytes($$"""{"n":{{number}}}"""), Datatype.Json),
            };
            vbucket.Store(new StoreRequest { Mode = StoreMode.Set, Key = key, Value = value, Datatype = datatype, Flags = (uint)number, Expiry = number % 7 == 0 ? 4_000_000_000 : 0 });
            if (number % 11 == 0)
                vbucket.Delete(key, cas: 0);
        }
    }

    private static byte[] ValueWithAttribute() => [.. Convert.FromHexString("0000001a00000016" + "6d65746100" + "7b226279223a2263617074757265227d" + "00"), .. "1"u8];

    /// <summary>All streams are open before the second message is sent, so that the order of the rest does not depend on time.</summary>
    private static async Task<List<string>> ReadAsync(EmbeddedProducer producer, uint flags, bool snappy, string filter, int window = 0)
    {
        HelloFeature[] features = [HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Collections];
        await using var client = await RawClient.OpenDcpAsync(
            producer, flags, features: snappy ? [.. features, HelloFeature.Snappy] : features, controls: ("connection_buffer_size", "1"));
        for (ushort vbucket = 0; vbucket < VBuckets; vbucket++)
        {
            var end = producer.Bucket.Find(new VBucketId(vbucket)).HighSeqno;
            Assert.Equal(Status.Success, (await client.StreamAsync(vbucket, end: end, value: filter)).Status);
        }
        await client.ControlAsync("connection_buffer_size", window.ToString(CultureInfo.InvariantCulture));
        var events = new List<string>();
        for (var ended = 0; ended < VBuckets;)
        {
            var frame = await client.ReadAsync();
            if (frame.Opcode == Opcode.DcpStreamEnd)
                ended++;
            if (frame.IsEvent)
                events.Add(Convert.ToHexString(frame.Bytes.Span));
            if (window > 0)
                await client.AckAsync((uint)frame.Length);
        }
        return events;
    }
}
