using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class DocumentTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task Set_get_add_replace_and_delete_follow_cas_and_existence()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        Assert.Equal(Status.KeyNotFound, (await GetAsync(client, "k")).Status);
        Assert.Equal(Status.KeyNotFound, (await StoreAsync(client, Opcode.Replace, "k", "1")).Status);
        Assert.Equal(Status.KeyNotFound, (await StoreAsync(client, Opcode.Set, "k", "1", cas: 5)).Status);
        var added = await StoreAsync(client, Opcode.Add, "k", "1");
        Assert.Equal(Status.Success, added.Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.Add, "k", "1")).Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.Set, "k", "2", cas: added.Header.Cas + 1)).Status);
        var set = await StoreAsync(client, Opcode.Set, "k", "2", cas: added.Header.Cas);
        Assert.Equal(Status.Success, set.Status);
        Assert.True(set.Header.Cas > added.Header.Cas);
        Assert.Equal(producer.Bucket.FailoverLog(Zero).NewestUuid.Value, BinaryPrimitives.ReadUInt64BigEndian(set.Extras));
        Assert.Equal(2ul, BinaryPrimitives.ReadUInt64BigEndian(set.Extras.AsSpan(8)));
        var got = await GetAsync(client, "k");
        Assert.Equal(("2", set.Header.Cas), (got.ValueText, got.Header.Cas));
        Assert.Equal(Status.KeyExists, (await client.AskAsync(Opcode.Delete, key: Key("k"), cas: 1)).Status);
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Delete, key: Key("k"))).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Delete, key: Key("k"))).Status);
        Assert.Equal(4ul, (await MetaAsync(client, "k")).Rev + 1);
    }

    [Theory]
    [InlineData("{\"a\":1}", Datatype.Json)]
    [InlineData("123", Datatype.Json)]
    [InlineData("not json", Datatype.Raw)]
    [InlineData("{\"a\":1", Datatype.Raw)]
    [InlineData("", Datatype.Raw)]
    public async Task The_server_finds_out_what_is_json(string value, Datatype expected)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        await StoreAsync(client, Opcode.Set, "k", value, datatype: Datatype.Json);
        Assert.Equal(expected, (await GetAsync(client, "k")).Header.Datatype);
    }

    [Fact]
    public async Task A_value_sent_compressed_comes_back_so_to_those_who_read_it_and_a_broken_block_is_refused()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        await using var plain = await RawClient.LoginAsync(producer, HelloFeature.Xerror, HelloFeature.Collections);
        var text = new string('x', 1000);
        var block = Snappier.Snappy.CompressToArray(Encoding.UTF8.GetBytes(text));
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Set, 0, new byte[8], Key("k"), block, Datatype.Snappy)).Status);
        var compressed = await GetAsync(client, "k");
        Assert.Equal(Datatype.Snappy, compressed.Header.Datatype);
        Assert.Equal(block, compressed.Value);
        var inflated = await GetAsync(plain, "k");
        Assert.Equal((text, Datatype.Raw), (inflated.ValueText, inflated.Header.Datatype));
        Assert.Equal(text, Encoding.UTF8.GetString(producer.Bucket.Get("k")!.Value.Span));
        var refused = await client.AskAsync(Opcode.Set, 0, new byte[8], Key("k"), [255, 255, 255, 255, 255], Datatype.Snappy);
        Assert.Equal((Status.InvalidArguments, """{"error":{"context":"Failed to inflate payload"}}"""), (refused.Status, refused.ValueText));

        await using var reader = await RawClient.OpenDcpAsync(producer);
        await reader.StreamAsync(0);
        await reader.ReadAsync();
        Assert.Equal(block, (await reader.ReadAsync()).Value);
        await using var plainReader = await RawClient.OpenDcpAsync(producer, features: [HelloFeature.Xerror, HelloFeature.Collections]);
        await plainReader.StreamAsync(0);
        await plainReader.ReadAsync();
        var mutation = await plainReader.ReadAsync();
        Assert.Equal((text, Datatype.Raw), (mutation.ValueText, mutation.Header.Datatype));
    }

    [Fact]
    public async Task Counters_and_concatenation_work_and_refuse_what_is_no_number()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        Assert.Equal(Status.KeyNotFound, (await CountAsync(client, Opcode.Increment, "n", 1, 5, uint.MaxValue)).Status);
        Assert.Equal(RawClient.U64(5), (await CountAsync(client, Opcode.Increment, "n", 1, 5, 0)).Value);
        Assert.Equal(RawClient.U64(7), (await CountAsync(client, Opcode.Increment, "n", 2, 5, 0)).Value);
        Assert.Equal(RawClient.U64(0), (await CountAsync(client, Opcode.Decrement, "n", 10, 5, 0)).Value);
        Assert.Equal(Status.NotStored, (await client.AskAsync(Opcode.Append, key: Key("t"), value: "b"u8.ToArray())).Status);
        await StoreAsync(client, Opcode.Set, "t", "b");
        await client.AskAsync(Opcode.Append, key: Key("t"), value: "c"u8.ToArray());
        await client.AskAsync(Opcode.Prepend, key: Key("t"), value: "a"u8.ToArray());
        Assert.Equal("abc", (await GetAsync(client, "t")).ValueText);
        Assert.Equal(Status.DeltaBadValue, (await CountAsync(client, Opcode.Increment, "t", 1, 1, 0)).Status);
    }

    [Fact]
    public async Task Touch_makes_a_change_only_when_the_expiry_differs()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        await StoreAsync(client, Opcode.Set, "k", "v");
        var later = (uint)DateTimeOffset.UtcNow.AddDays(60).ToUnixTimeSeconds();
        await client.AskAsync(Opcode.Touch, extras: RawClient.U32(later), key: Key("k"));
        Assert.Equal(2ul, producer.Bucket.HighSeqno(Zero).Value);
        var got = await client.AskAsync(Opcode.Gat, extras: RawClient.U32(later), key: Key("k"));
        Assert.Equal("v", got.ValueText);
        Assert.Equal(2ul, producer.Bucket.HighSeqno(Zero).Value);
        Assert.Equal(later, producer.Bucket.Get("k")!.Expiry);
    }

    [Fact]
    public async Task An_expired_document_is_gone_when_touched_and_when_the_pager_runs_and_arrives_as_asked_for()
    {
        var clock = new ManualClock();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, TimeProvider = clock, KeepHistory = true });
        producer.Bucket.Set("a", "v"u8, expiry: 10);
        producer.Bucket.Set("b", "v"u8, expiry: 20);
        producer.Bucket.Set("c", "v"u8, expiry: (uint)clock.GetUtcNow().ToUnixTimeSeconds() + 3_000_000);
        await using var old = await RawClient.OpenDcpAsync(producer, controls: ("enable_expiry_opcode", "true"));
        await using var modern = await RawClient.OpenDcpAsync(producer, flags: 0x21, controls: ("enable_expiry_opcode", "true"));
        await old.StreamAsync(0);
        await modern.StreamAsync(0);
        Assert.Equal("marker [0,3] 0x05", (await modern.ReadTextsAsync(4))[0]);
        await old.ReadTextsAsync(4);

        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(producer.Bucket.Get("a"));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, producer.Bucket.RunExpiryPager());
        Assert.Equal(1, producer.Bucket.DocumentCount);

        var events = (await modern.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 5)).Where(frame => frame.IsEvent).ToList();
        Assert.Equal(["expiration 4 \0a", "expiration 5 \0b"], events.Select(frame => frame.ToString()));
        Assert.All(events, frame => Assert.Equal(20, frame.Extras.Length));
        var legacy = (await old.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 5)).Where(frame => frame.IsEvent).ToList();
        Assert.Equal(["deletion 4 \0a", "deletion 5 \0b"], legacy.Select(frame => frame.ToString()));
        Assert.All(legacy, frame => Assert.Equal(18, frame.Extras.Length));
        Assert.Equal([RecordedChangeType.Expiration, RecordedChangeType.Expiration], producer.Bucket.History(Zero).Skip(3).Select(change => change.Type));
    }

    [Fact]
    public async Task Values_of_20_MiB_are_taken_and_streamed_and_larger_ones_refused()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        var value = new byte[20 * 1024 * 1024];
        RandomNumberGenerator.Fill(value);
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Set, 0, new byte[8], Key("large"), value)).Status);
        Assert.Equal(Status.TooBig, (await client.AskAsync(Opcode.Set, 0, new byte[8], Key("large"), new byte[value.Length + 1])).Status);
        await using var reader = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1000"));
        await reader.StreamAsync(0, flags: 4);
        await reader.ReadAsync();
        var mutation = await reader.ReadAsync();
        Assert.True(value.AsSpan().SequenceEqual(mutation.Value));
    }

    [Fact]
    public async Task Keys_and_values_arrive_as_written_whatever_they_are_made_of()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, KeepHistory = true });
        producer.Bucket.Set(new string('k', 250), """{"json":true}""");
        producer.Bucket.Set("schlüssel-ключ-鍵", new byte[] { 0, 1, 2, 255 });
        producer.Bucket.Set("empty", []);
        producer.Bucket.Set("large", new byte[1024 * 1024], flags: 0xdeadbeef);
        producer.Bucket.Delete("empty");
        await using var reader = await RawClient.OpenDcpAsync(producer, flags: 0x21);
        await reader.StreamAsync(0);
        var frames = (await reader.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 5)).Where(frame => frame.IsEvent).ToDictionary(frame => frame.Seqno);
        foreach (var change in producer.Bucket.History(Zero).Where(change => change.Seqno.Value != 3))
        {
            var frame = frames[change.Seqno.Value];
            Assert.Equal(change.Key.ToArray(), frame.Key[1..]);
            Assert.Equal(change.Value.ToArray(), frame.Value);
            Assert.Equal(change.Cas, frame.Header.Cas);
            Assert.Equal(change.Datatype, frame.Header.Datatype);
            Assert.Equal(change.Rev, BinaryPrimitives.ReadUInt64BigEndian(frame.Extras.AsSpan(8)));
        }
        Assert.Equal(0xdeadbeefu, BinaryPrimitives.ReadUInt32BigEndian(frames[4].Extras.AsSpan(16)));
        Assert.Equal(21, frames[5].Extras.Length);
    }

    [Fact]
    public async Task Without_collections_keys_travel_bare()
    {
        await using var producer = await StartAsync();
        HelloFeature[] features = [HelloFeature.Xerror, HelloFeature.SelectBucket];
        await using var client = await RawClient.LoginAsync(producer, features);
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Set, 0, new byte[8], "k"u8.ToArray(), "{}"u8.ToArray())).Status);
        var got = await client.AskAsync(Opcode.Get, key: "k"u8.ToArray());
        Assert.Equal(("{}", Datatype.Raw), (got.ValueText, got.Header.Datatype));
        await using var reader = await RawClient.OpenDcpAsync(producer, features: features);
        await reader.StreamAsync(0);
        await reader.ReadAsync();
        var mutation = await reader.ReadAsync();
        Assert.Equal(("mutation 1 k", Datatype.Json), (mutation.ToString(), mutation.Header.Datatype));
    }

    [Fact]
    public async Task Compression_and_missing_values_are_sent_as_asked_for()
    {
        await using var producer = await StartAsync();
        var text = "{\"text\":\"" + new string('x', 500) + "\"}";
        producer.Bucket.Set("long", text);
        producer.Bucket.Set("short", "1");
        await using var forced = await RawClient.OpenDcpAsync(producer, controls: ("force_value_compression", "true"));
        await forced.StreamAsync(0, flags: 4);
        await forced.ReadAsync();
        var compressed = await forced.ReadAsync();
        Assert.Equal(Datatype.Json | Datatype.Snappy, compressed.Header.Datatype);
        Assert.Equal(text, Encoding.UTF8.GetString(Snappier.Snappy.DecompressToArray(compressed.Value)));
        Assert.Equal(Datatype.Json, (await forced.ReadAsync()).Header.Datatype);

        await using var bare = await RawClient.OpenDcpAsync(producer, flags: 0x09);
        await bare.StreamAsync(0, flags: 4);
        await bare.ReadAsync();
        Assert.Equal((0, Datatype.Raw), Shape(await bare.ReadAsync()));
        await using var typed = await RawClient.OpenDcpAsync(producer, flags: 0x41);
        await typed.StreamAsync(0, flags: 4);
        await typed.ReadAsync();
        Assert.Equal((0, Datatype.Json), Shape(await typed.ReadAsync()));
    }

    private static (int, Datatype) Shape(RawFrame frame) => (frame.Value.Length, frame.Header.Datatype);

    private static Task<EmbeddedProducer> StartAsync() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

    private static byte[] Key(string key) => [0, .. Encoding.UTF8.GetBytes(key)];

    private static Task<RawFrame> GetAsync(RawClient client, string key) => client.AskAsync(Opcode.Get, key: Key(key));

    private static Task<RawFrame> StoreAsync(
        RawClient client, Opcode opcode, string key, string value, ulong cas = 0, Datatype datatype = Datatype.Raw) =>
        client.AskAsync(opcode, 0, new byte[8], Key(key), Encoding.UTF8.GetBytes(value), datatype, cas);

    private static Task<RawFrame> CountAsync(RawClient client, Opcode opcode, string key, ulong delta, ulong initial, uint expiry) =>
        client.AskAsync(opcode, 0, [.. RawClient.U64(delta), .. RawClient.U64(initial), .. RawClient.U32(expiry)], Key(key));

    private static async Task<(bool Deleted, ulong Rev)> MetaAsync(RawClient client, string key)
    {
        var answer = await client.AskAsync(Opcode.GetMeta, key: Key(key));
        return (BinaryPrimitives.ReadUInt32BigEndian(answer.Extras) == 1, BinaryPrimitives.ReadUInt64BigEndian(answer.Extras.AsSpan(12)));
    }
}
