using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;

namespace ActorDcp.Producer.Tests;

/// <summary>Values as each kind of connection gets them (dcp-reference.md 1.6, 10.2), with documents of the values captures.</summary>
public sealed class ValueFormTests
{
    private const string Body = """{"body":1}""";
    private static readonly VBucketId Zero = new(0);
    private static readonly byte[] Section = Convert.FromHexString("0000001a00000016" + "6d65746100" + "7b226279223a2263617074757265227d" + "00");

    [Theory]
    [InlineData(0x25u, "json 01 plain", "xattr 05 section+plain")]
    [InlineData(0x21u, "json 01 plain", "xattr 01 plain")]
    [InlineData(0x2du, "json 00 ", "xattr 04 section")]
    [InlineData(0x65u, "json 01 ", "xattr 05 section")]
    [InlineData(0x61u, "json 01 ", "xattr 05 ")]
    [InlineData(0x29u, "json 00 ", "xattr 00 ")]
    public async Task What_a_connection_did_not_ask_for_is_taken_out(uint flags, params string[] expected)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer, flags);
        await client.StreamAsync(0, end: 2);
        var frames = await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd);
        Assert.Equal(expected, frames.Where(frame => frame.IsEvent).Select(Describe));
    }

    [Fact]
    public async Task Keys_alone_come_from_disk_as_mutations_without_metadata_and_from_memory_as_they_are()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Set(Zero, "a", "1"u8, flags: 7);
        producer.Bucket.Delete(Zero, "a");
        await using var memory = await RawClient.OpenDcpAsync(producer, 0x29);
        await memory.StreamAsync(0, end: 2);
        var deletion = (await memory.ReadUntilAsync(frame => frame.IsEvent))[^1];
        Assert.Equal("deletion 2 \0a", deletion.ToString());
        Assert.NotEqual(0UL, deletion.Header.Cas);

        producer.ExpelCheckpoints(Zero);
        await using var disk = await RawClient.OpenDcpAsync(producer, 0x29);
        await disk.StreamAsync(0, end: 2);
        var key = (await disk.ReadUntilAsync(frame => frame.IsEvent))[^1];
        Assert.Equal("mutation 2 \0a", key.ToString());
        Assert.Equal(0UL, key.Header.Cas);
        Assert.Equal(RawClient.U64(1), key.Extras[8..16]);
        Assert.All(key.Extras[16..30], unused => Assert.Equal(0, unused));
    }

    [Fact]
    public async Task Values_read_back_after_a_restart_come_compressed_to_those_who_can_inflate_them()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var options = new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder };
            await using (var producer = await EmbeddedProducer.StartAsync(options))
                Fill(producer);
            await using var again = await EmbeddedProducer.StartAsync(options);
            Assert.Equal(["json 03 plain", "xattr 07 section+plain"], await DescribeAllAsync(again, 0x25, snappy: true));
            Assert.Equal(["json 03 plain", "xattr 01 plain"], await DescribeAllAsync(again, 0x21, snappy: true));
            Assert.Equal(["json 03 ", "xattr 07 section"], await DescribeAllAsync(again, 0x65, snappy: true));
            Assert.Equal(["json 01 plain", "xattr 05 section+plain"], await DescribeAllAsync(again, 0x25, snappy: false));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Forced_compression_leaves_alone_what_does_not_get_smaller()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Set(Zero, "small", """{"a":1}"""u8);
        producer.Bucket.Set(Zero, "large", Encoding.UTF8.GetBytes($"\"{new string('x', 500)}\""));
        await using var client = await RawClient.OpenDcpAsync(producer, 0x25, controls: ("force_value_compression", "true"));
        await client.StreamAsync(0, end: 2);
        var frames = (await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd)).Where(frame => frame.IsEvent).ToList();
        Assert.Equal([Datatype.Json, Datatype.Json | Datatype.Snappy], frames.Select(frame => frame.Header.Datatype));
    }

    [Theory]
    [InlineData(0x21u, "")]
    [InlineData(0x25u, "_sync")]
    [InlineData(0x125u, "_sync,meta")]
    public async Task Deletions_show_system_attributes_and_users_attributes_to_those_who_ask(uint flags, string expected)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using (var writer = await RawClient.LoginAsync(
            producer, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Collections, HelloFeature.Xattr, HelloFeature.Json, HelloFeature.SnappyEverywhere))
        {
            byte[] meta = [.. RawClient.U32(0), .. RawClient.U32(0), .. RawClient.U64(3), .. RawClient.U64(1 << 20)];
            byte[] pairs = [.. RawClient.U32(9), .. "_sync\0{}\0"u8, .. RawClient.U32(8), .. "meta\0{}\0"u8];
            byte[] section = [.. RawClient.U32((uint)pairs.Length), .. pairs];
            var answer = await writer.AskAsync(Opcode.DelWithMeta, 0, meta, "\0gone"u8.ToArray(), section, Datatype.Xattr);
            Assert.Equal(Status.Success, answer.Status);
        }
        await using var client = await RawClient.OpenDcpAsync(producer, flags);
        await client.StreamAsync(0, end: 1);
        var deletion = (await client.ReadUntilAsync(frame => frame.IsEvent))[^1];
        Assert.Equal(Opcode.DcpDeletion, deletion.Opcode);
        Assert.Equal(expected, string.Join(',', AttributesOf(deletion)));
        Assert.Equal(expected.Length == 0 ? Datatype.Raw : Datatype.Xattr, deletion.Header.Datatype);
    }

    private static List<string> AttributesOf(RawFrame frame)
    {
        var names = new List<string>();
        if (frame.Value.Length == 0)
            return names;
        for (var attributes = XattrSection.Read(frame.Value); attributes.MoveNext();)
            names.Add(Encoding.UTF8.GetString(attributes.Key));
        return names;
    }

    [Fact]
    public async Task Frequency_counters_stand_in_for_the_hint_on_request()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer, 0x25, controls: ("supports_hifi_MFU", "true"));
        await client.StreamAsync(0, end: 2);
        var mutation = (await client.ReadUntilAsync(frame => frame.IsEvent))[^1];
        Assert.Equal(4, mutation.Extras[30]);
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        Fill(producer);
        producer.ExpelCheckpoints(Zero);
        return producer;
    }

    private static void Fill(EmbeddedProducer producer)
    {
        producer.Bucket.Set(Zero, "json", Encoding.UTF8.GetBytes(Body));
        producer.Bucket.Find(Zero).Store(new StoreRequest
        {
            Mode = StoreMode.Set,
            Key = "\0xattr"u8,
            Value = [.. Section, .. Encoding.UTF8.GetBytes(Body)],
            Datatype = Datatype.Json | Datatype.Xattr,
        });
    }

    private static async Task<IEnumerable<string>> DescribeAllAsync(EmbeddedProducer producer, uint flags, bool snappy)
    {
        HelloFeature[] features = [HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Collections];
        await using var client = await RawClient.OpenDcpAsync(producer, flags, features: snappy ? [.. features, HelloFeature.Snappy] : features);
        await client.StreamAsync(0, end: 2);
        return (await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd)).Where(frame => frame.IsEvent).Select(Describe);
    }

    private static string Describe(RawFrame frame)
    {
        var value = frame.Value;
        var isBareSection = value.AsSpan().SequenceEqual(Section);
        if ((frame.Header.Datatype & Datatype.Snappy) != 0 && value.Length > 0 && !isBareSection)
            value = SnappyBlock.Inflate(value);
        var text = value.AsSpan().StartsWith(Section)
            ? value.Length == Section.Length ? "section" : "section+" + Name(value[Section.Length..])
            : Name(value);
        return $"{Encoding.UTF8.GetString(frame.Key)[1..]} {(byte)frame.Header.Datatype:x2} {text}";
    }

    private static string Name(byte[] value) => value.Length == 0 ? "" : Encoding.UTF8.GetString(value) == Body ? "plain" : "unexpected";
}
