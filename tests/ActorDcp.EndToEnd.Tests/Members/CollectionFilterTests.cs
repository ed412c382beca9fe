using System.Globalization;
using System.Text.Json;
using ActorDcp.Group;
using ActorDcp.Producer;
using ActorDcp.Producer.Access;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>A group that streams collections or a scope by name, while those come and go.</summary>
public sealed class CollectionFilterTests
{
    private static readonly VBucketId VBucket = new(0);

    [Fact]
    public async Task Names_are_resolved_and_what_happens_to_their_collections_reaches_the_handler()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        Set(producer, "hotels", "h1");
        Set(producer, "airlines", "a1");
        var lines = folder.File("out.jsonl");

        await using var member = await TestMember.StartAsync(producer, folder.Path, null, [.. Lines(lines), ("ActorDcp:Stream:Collections", "inventory.hotels")]);
        await KeysAsync(lines, "h1");
        producer.Bucket.Collections.DropCollection("inventory", "hotels");

        await Eventually.TrueAsync(async () => (await RowAsync(member)).Reason?.Contains("inventory.hotels is not in the bucket", StringComparison.Ordinal) == true,
            () => "no word of the dropped collection");
        Assert.Equal("Failed", (await RowAsync(member)).State);
        Assert.Equal(["collection_begin", "collection_end"], Events(lines));

        // its namesake is another collection, read from its first change
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        Set(producer, "hotels", "h2");
        await KeysAsync(lines, "h1", "h2");
        Assert.Equal(["collection_begin", "collection_end", "collection_begin"], Events(lines));
    }

    [Fact]
    public async Task A_collection_that_is_dropped_beside_others_is_left_out_and_a_namesake_is_not_taken_for_it()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        Set(producer, "hotels", "h1");
        Set(producer, "airlines", "a1");
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [.. Lines(lines), ("ActorDcp:Stream:Collections", "inventory.hotels,inventory.airlines")];

        await using (var member = await TestMember.StartAsync(producer, folder.Path, null, settings))
        {
            await KeysAsync(lines, "h1", "a1");
            producer.Bucket.Collections.DropCollection("inventory", "hotels");
            Set(producer, "airlines", "a2");
            await KeysAsync(lines, "h1", "a1", "a2");
            // the dropped one in the next request would be refused
            producer.DropConnections();
            Set(producer, "airlines", "a3");
            await KeysAsync(lines, "h1", "a1", "a2", "a3");
        }
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        Set(producer, "hotels", "h2");
        Set(producer, "airlines", "a4");
        await using (await TestMember.StartAsync(producer, folder.Path, null, settings))
            await KeysAsync(lines, "h1", "a1", "a2", "a3", "a4");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collection_that_a_newer_manifest_hides_from_the_user_is_left_out_and_what_it_missed_comes_when_it_is_back(bool restarts)
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync(o => o.AddUser("reader", "s3cret"));
        Set(producer, "hotels", "h1");
        Set(producer, "airlines", "a1");
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [.. Reader, .. Lines(lines), ("ActorDcp:Stream:Collections", "inventory.hotels,inventory.airlines")];
        var member = await TestMember.StartAsync(producer, folder.Path, null, settings);
        await KeysAsync(lines, "h1", "a1");

        HideHotels(producer);
        producer.Bucket.Collections.CreateCollection("inventory", "cars");
        Set(producer, "hotels", "h2");
        Set(producer, "airlines", "a2");
        await KeysAsync(lines, "h1", "a1", "a2");
        var row = await RowAsync(member);
        Assert.Equal("Streaming", row.State);
        Assert.Contains("inventory.hotels is not in the bucket, or the user may not see it", row.Reason, StringComparison.Ordinal);
        if (restarts)
            await member.DisposeAsync();
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader);
        if (restarts)
            member = await TestMember.StartAsync(producer, folder.Path, null, settings);

        await using (member)
        {
            await KeysAsync(lines, "h1", "a1", "a2", "h2", "a2");
            Assert.Equal(["collection_returned"], Rollbacks(lines));
            Set(producer, "hotels", "h3");
            await KeysAsync(lines, "h1", "a1", "a2", "h2", "a2", "h3");
            Assert.Null((await RowAsync(member)).Reason);
        }
        // nothing of it is left that the next owner would do again
        Set(producer, "airlines", "a3");
        await using (await TestMember.StartAsync(producer, folder.Path, null, settings))
            await KeysAsync(lines, "h1", "a1", "a2", "h2", "a2", "h3", "a3");
        Assert.Single(Rollbacks(lines));
    }

    [Fact]
    public async Task A_collection_that_is_hidden_when_the_group_starts_again_is_left_out_until_it_can_be_seen()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync(o => o.AddUser("reader", "s3cret"));
        var hotels = string.Create(CultureInfo.InvariantCulture, $"{producer.Bucket.Collection("inventory", "hotels").Id}");
        Set(producer, "hotels", "h1");
        Set(producer, "airlines", "a1");
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [.. Reader, .. Lines(lines), ("ActorDcp:Stream:Collections", $"{hotels},inventory.airlines")];
        await using (await TestMember.StartAsync(producer, folder.Path, null, settings))
            await KeysAsync(lines, "h1", "a1");

        // the manifest is the same, and nobody says when it shows more
        HideHotels(producer);
        Set(producer, "hotels", "h2");
        Set(producer, "airlines", "a2");
        await using var member = await TestMember.StartAsync(producer, folder.Path, null, settings);
        await KeysAsync(lines, "h1", "a1", "a2");
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader);

        await KeysAsync(lines, "h1", "a1", "a2", "h2", "a2");
        Assert.Equal(["collection_returned"], Rollbacks(lines));
    }

    [Fact]
    public async Task One_collection_alone_that_is_hidden_is_waited_for()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync(o => o.AddUser("reader", "s3cret"));
        Set(producer, "hotels", "h1");
        var lines = folder.File("out.jsonl");
        await using var member = await TestMember.StartAsync(
            producer, folder.Path, null, [.. Reader, .. Lines(lines), ("ActorDcp:Stream:Collections", "inventory.hotels")]);
        await KeysAsync(lines, "h1");

        HideHotels(producer);
        producer.Bucket.Collections.CreateCollection("inventory", "cars");
        Set(producer, "hotels", "h2");
        await Eventually.TrueAsync(
            async () => (await RowAsync(member)).Reason?.Contains("the user may not see it", StringComparison.Ordinal) == true, () => "no word of it");
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader);

        await KeysAsync(lines, "h1", "h2");
        Assert.Empty(Rollbacks(lines));
    }

    [Fact]
    public async Task A_scope_by_name_brings_the_collections_that_come_to_it_later()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        Set(producer, "hotels", "h1");
        producer.Bucket.Set(VBucket, "elsewhere", "{}"u8);
        var lines = folder.File("out.jsonl");

        await using var member = await TestMember.StartAsync(producer, folder.Path, null, [.. Lines(lines), ("ActorDcp:Stream:Scope", "inventory")]);
        await KeysAsync(lines, "h1");
        producer.Bucket.Collections.CreateCollection("inventory", "cars");
        Set(producer, "cars", "c1");
        await KeysAsync(lines, "h1", "c1");
        await Eventually.TrueAsync(async () => (await RowAsync(member)).High == producer.Bucket.HighSeqno(VBucket).Value, () => "the new collection's high seqno is not polled");
    }

    [Fact]
    public async Task A_new_group_that_names_what_is_not_there_is_told_what_is()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        foreach (var (key, value, words) in new[]
        {
            ("ActorDcp:Stream:Collections", "inventory.hotel", "inventory.hotel is not in the bucket, or the user may not see it; write one of _default._default, inventory.hotels, inventory.airlines"),
            ("ActorDcp:Stream:Collections", "99", "99 is not in the bucket"),
            ("ActorDcp:Stream:Scope", "stock", "stock is not in the bucket, or the user may not see it; write one of _default, inventory"),
        })
        {
            var refusal = await Assert.ThrowsAsync<GroupConflictException>(async () =>
                await (await TestMember.StartAsync(producer, folder.Path, null, (key, value))).DisposeAsync());
            Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        }
    }

    private static (string, string)[] Reader => [("ActorDcp:User", "reader"), ("ActorDcp:Password", "s3cret")];

    private static void HideHotels(EmbeddedProducer producer) =>
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader, [producer.Bucket.Collection("inventory", "airlines").Id]);

    private static IEnumerable<string> Rollbacks(string path) =>
        [.. Read(path).Where(line => line.GetProperty("type").GetString() == "rolled_back").Select(line => line.GetProperty("why").GetString()!)];

    private static async Task<EmbeddedProducer> StartAsync(Action<EmbeddedProducerBuilder>? more = null)
    {
        var producer = await EmbeddedProducer.StartAsync(o =>
        {
            o.VBuckets(1);
            more?.Invoke(o);
        });
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        producer.Bucket.Collections.CreateCollection("inventory", "airlines");
        return producer;
    }

    private static void Set(EmbeddedProducer producer, string collection, string key) =>
        producer.Bucket.Collection("inventory", collection).Set(VBucket, key, "{}"u8);

    private static (string, string)[] Lines(string path) => [("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", path)];

    private static async Task<Hosting.Http.VBucketStatus> RowAsync(TestMember member) =>
        (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Single();

    private static Task KeysAsync(string path, params string[] expected)
    {
        List<string> keys = [];
        return Eventually.TrueAsync(
            () =>
            {
                keys = [.. Read(path).Where(line => line.GetProperty("type").GetString() == "mutation").Select(line => line.GetProperty("key").GetString()!)];
                return keys.SequenceEqual(expected);
            },
            () => $"{string.Join(", ", keys)}, not {string.Join(", ", expected)}");
    }

    private static List<string> Events(string path) =>
        [.. Read(path).Where(line => line.GetProperty("type").GetString() == "system_event").Select(line => line.GetProperty("event").GetString()!)];

    private static IEnumerable<JsonElement> Read(string path) =>
        File.Exists(path) ? File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement) : [];
}
