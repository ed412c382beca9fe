using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Collections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>Look-ups, keys and seqnos with collections, answered as in capture collections-lookups.</summary>
public sealed class CollectionCommandTests
{
    private const string Unknown = """{"error":{"context":"Unknown scope or collection in operation"},"manifest_uid":"10"}""";
    private const string Manifest = """
        {"uid":"10","scopes":[{"collections":[{"name":"_default","uid":"0"},{"name":"fruit","uid":"8"}],"name":"_default","uid":"0"},
        {"collections":[{"name":"items","uid":"21"}],"name":"shop","uid":"20"}]}
        """;

    [Theory]
    [InlineData("shop.items", Status.Success, 0x21u)]
    [InlineData("_default._default", Status.Success, 0u)]
    [InlineData(".", Status.Success, 0u)]
    [InlineData("_default.fruit", Status.Success, 8u)]
    [InlineData(".fruit", Status.Success, 8u)]
    [InlineData("_default.", Status.Success, 0u)]
    [InlineData("", Status.InvalidArguments, 0u)]
    [InlineData("shop", Status.InvalidArguments, 0u)]
    [InlineData("a.b.c", Status.InvalidArguments, 0u)]
    [InlineData("sh op.items", Status.InvalidArguments, 0u)]
    [InlineData("shop.nope", Status.UnknownCollection, 0u)]
    [InlineData("nope.items", Status.UnknownScope, 0u)]
    public async Task Collections_are_found_by_path(string path, Status expected, uint id)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        Check(await client.AskAsync(Opcode.GetCollectionId, value: Encoding.UTF8.GetBytes(path)), expected, id);
    }

    [Theory]
    [InlineData("shop", Status.Success, 0x20u)]
    [InlineData("_default", Status.Success, 0u)]
    [InlineData("", Status.Success, 0u)]
    [InlineData(".", Status.Success, 0u)]
    [InlineData("shop.items", Status.Success, 0x20u)]
    [InlineData("nope", Status.UnknownScope, 0u)]
    public async Task Scopes_are_found_by_name(string name, Status expected, uint id)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        Check(await client.AskAsync(Opcode.GetScopeId, value: Encoding.UTF8.GetBytes(name)), expected, id);
    }

    [Fact]
    public async Task The_manifest_is_told_whole()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        var answer = await client.AskAsync(Opcode.GetCollectionsManifest);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Manifest).RootElement, JsonDocument.Parse(answer.Value).RootElement));
    }

    [Theory]
    [InlineData("776b", Status.UnknownCollection, Unknown)]
    [InlineData("016b", Status.InvalidArguments, """{"error":{"context":"Invalid collection-id:1"}}""")]
    [InlineData("ffffffffffff", Status.InvalidArguments, """{"error":{"context":"No stop-byte found"}}""")]
    [InlineData("88006b", Status.InvalidArguments, """{"error":{"context":"Key contains non-canonical leb128"}}""")]
    [InlineData("08", Status.InvalidArguments, """{"error":{"context":"Key length must be >= 2"}}""")]
    [InlineData("086b", Status.KeyNotFound, "")]
    public async Task Keys_are_refused_with_what_is_wrong(string key, Status expected, string body)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        var answer = await client.AskAsync(Opcode.Get, key: Convert.FromHexString(key));
        Assert.Equal(expected, answer.Status);
        Assert.Equal(body, answer.ValueText);
    }

    [Fact]
    public async Task Seqnos_are_told_by_collection()
    {
        await using var producer = await StartAsync();
        RecordedBucket.Write(producer, 8, "k", new VBucketId(1));
        await using var client = await RawClient.LoginAsync(producer);
        async Task<string> SeqnosAsync(params byte[] extras)
        {
            var answer = await client.AskAsync(Opcode.GetAllVBucketSeqnos, extras: extras);
            Assert.Equal(Status.Success, answer.Status);
            return string.Join(" ", answer.Value.Chunk(10).Select(entry => BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(2))));
        }
        Assert.Equal("3 4", await SeqnosAsync(0, 0, 0, 1));
        Assert.Equal("3 4", await SeqnosAsync(0, 0, 0, 1, 0, 0, 0, 8));
        Assert.Equal("2 2", await SeqnosAsync(0, 0, 0, 1, 0, 0, 0, 0x21));
        Assert.Equal("0 0", await SeqnosAsync(0, 0, 0, 1, 0, 0, 0, 0));
        var unknown = await client.AskAsync(Opcode.GetAllVBucketSeqnos, extras: [0, 0, 0, 1, 0, 0, 0, 0x77]);
        Assert.Equal((Status.UnknownCollection, Unknown), (unknown.Status, unknown.ValueText));

        await using var legacy = await RawClient.LoginAsync(producer, HelloFeature.Xerror, HelloFeature.SelectBucket);
        var plain = await legacy.AskAsync(Opcode.GetAllVBucketSeqnos, extras: [0, 0, 0, 1]);
        Assert.All(plain.Value.Chunk(10), entry => Assert.Equal(0UL, BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(2))));
    }

    [Fact]
    public async Task Documents_of_two_collections_share_a_key_and_the_collection_limits_their_time()
    {
        var clock = new ManualClock();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, TimeProvider = clock });
        producer.Bucket.Collections.CreateCollection("", "short", maxTtl: 60);
        producer.Bucket.Set("k", "default");
        var collection = producer.Bucket.Collection("", "short");
        collection.Set("k", "short");
        var now = (uint)clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal(now + 60, collection.Get("k")!.Expiry);
        Assert.Equal("short", Encoding.UTF8.GetString(collection.Get("k")!.Value.Span));
        Assert.Equal("default", Encoding.UTF8.GetString(producer.Bucket.Get("k")!.Value.Span));
        collection.Set("k", "x"u8, expiry: 30);
        Assert.Equal(now + 30, collection.Get("k")!.Expiry);
        collection.Set("k", "x"u8, expiry: 3600);
        Assert.Equal(now + 60, collection.Get("k")!.Expiry);
    }

    [Theory]
    [InlineData("_system", CollectionsError.InvalidName)]
    [InlineData("%a", CollectionsError.InvalidName)]
    [InlineData("", CollectionsError.InvalidName)]
    [InlineData("a.b", CollectionsError.InvalidName)]
    [InlineData("shop", CollectionsError.ScopeExists)]
    public async Task Names_of_scopes_are_checked(string name, CollectionsError expected)
    {
        await using var producer = await StartAsync();
        var before = producer.Bucket.Collections.Current;
        Assert.Equal(expected, Assert.Throws<CollectionsException>(() => producer.Bucket.Collections.CreateScope(name)).Error);
        Assert.Same(before, producer.Bucket.Collections.Current);
    }

    [Fact]
    public async Task The_default_collection_can_be_dropped_and_does_not_come_back()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Collections.DropCollection("_default", "_default");
        await using var client = await RawClient.LoginAsync(producer);
        Assert.Equal(Status.UnknownCollection, (await client.SetAsync(0, "k", "v")).Status);
        Assert.Throws<CollectionsException>(() => producer.Bucket.Collections.CreateCollection("_default", "_default"));
        Assert.Equal(CollectionsError.NotAllowed, Assert.Throws<CollectionsException>(() => producer.Bucket.Collections.DropScope("_default")).Error);
    }

    private static void Check(RawFrame answer, Status expected, uint id)
    {
        Assert.Equal(expected, answer.Status);
        if (expected == Status.Success)
            Assert.Equal([.. RawClient.U64(0x10), .. RawClient.U32(id)], answer.Extras);
        else
            Assert.Equal(expected == Status.InvalidArguments ? "" : Unknown, answer.ValueText);
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2 });
        producer.Bucket.Collections.Replace(RecordedBucket.ReadManifest(Manifest));
        return producer;
    }
}
