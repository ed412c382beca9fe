using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

public sealed class RequestTests
{
    [Theory]
    [InlineData(Opcode.Set, 4, "k", "v", 0, "Request must include extras of length 8")]
    [InlineData(Opcode.Get, 0, "k", "v", 0, "Request must not include value")]
    [InlineData(Opcode.Delete, 4, "k", "", 0, "Request must not include extras")]
    [InlineData(Opcode.Add, 8, "k", "v", 5, "Request CAS must not be set")]
    [InlineData(Opcode.UnlockKey, 0, "k", "", 0, "Request CAS must be set")]
    [InlineData(Opcode.GetRandomKey, 0, "", "", 0, "Request must include extras of length 4")]
    public async Task A_request_of_the_wrong_shape_is_told_what_is_wrong(Opcode opcode, int extras, string key, string value, ulong cas, string expected)
    {
        await using var client = await DocumentClient.StartAsync();
        var answer = await client.Raw.AskAsync(
            opcode, 0, new byte[extras], key.Length == 0 ? [] : DocumentClient.Key(key), Encoding.UTF8.GetBytes(value), cas: cas);
        Assert.Equal(Status.InvalidArguments, answer.Status);
        Assert.Equal($$$"""{"error":{"context":"{{{expected}}}"}}""", answer.ValueText);
    }

    [Fact]
    public async Task A_datatype_that_was_not_asked_for_is_refused()
    {
        await using var client = await DocumentClient.StartAsync();
        await using var bare = await RawClient.LoginAsync(client.Producer, HelloFeature.Xerror);
        var answer = await bare.AskAsync(Opcode.Set, 0, new byte[8], "k"u8.ToArray(), "{}"u8.ToArray(), Datatype.Json);
        Assert.Equal((Status.InvalidArguments, """{"error":{"context":"Datatype (json) not enabled for the connection"}}"""), (answer.Status, answer.ValueText));
        var xattr = await client.Raw.AskAsync(Opcode.Set, 0, new byte[8], DocumentClient.Key("k"), "{}"u8.ToArray(), Datatype.Xattr);
        Assert.Equal(Status.InvalidArguments, xattr.Status);
    }

    [Fact]
    public async Task An_expiry_is_kept_when_the_request_says_so()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", "1", expiry: 2_000_000_000);
        Assert.Equal(Status.Success, (await client.AskFramedAsync(Opcode.Set, [0x50], new byte[8], "k", "2")).Status);
        Assert.Equal(2_000_000_000u, client.Producer.Bucket.Get("k")!.Expiry);
        await client.AskFramedAsync(Opcode.SubdocMultiMutation, [0x50], RawClient.U32(100), "k", "\u0001\0\0\0\0\0\0\u0002{}");
        Assert.Equal(2_000_000_000u, client.Producer.Bucket.Get("k")!.Expiry);
        Assert.Equal("{}", (await client.GetAsync("k")).ValueText);
        await client.SetAsync("k", "3");
        Assert.Equal(0u, client.Producer.Bucket.Get("k")!.Expiry);
        Assert.Equal(Status.InvalidArguments, (await client.AskFramedAsync(Opcode.Add, [0x50], new byte[8], "new", "1")).Status);
        Assert.Equal(Status.UnknownFrameInfo, (await client.AskFramedAsync(Opcode.Set, [0xf0, 0xf0], new byte[8], "k", "1")).Status);
        Assert.Equal(Status.InvalidArguments, (await client.AskFramedAsync(Opcode.Get, [0x50], [], "k", "")).Status);
    }

    [Fact]
    public async Task Quiet_requests_answer_only_what_is_not_expected()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.Raw.SendAsync(Opcode.SetQ, 0, 1, new byte[8], DocumentClient.Key("q"), "q"u8.ToArray());
        await client.Raw.SendAsync(Opcode.AddQ, 0, 2, new byte[8], DocumentClient.Key("q"), "q"u8.ToArray());
        await client.Raw.SendAsync(Opcode.GetQ, 0, 3, null, DocumentClient.Key("none"));
        await client.Raw.SendAsync(Opcode.GetKQ, 0, 4, null, DocumentClient.Key("q"));
        await client.Raw.SendAsync(Opcode.DeleteQ, 0, 5, null, DocumentClient.Key("q"));
        await client.Raw.SendAsync(Opcode.SetQWithMeta, 0, 6, [.. new byte[8], .. RawClient.U64(9), .. RawClient.U64(9)], DocumentClient.Key("m"), "1"u8.ToArray());
        await client.Raw.SendAsync(Opcode.Noop, 0, 7);
        var answers = await client.Raw.ReadUntilAsync(frame => frame.Opcode == Opcode.Noop);
        Assert.Equal([(2u, Status.KeyExists), (4u, Status.Success), (7u, Status.Success)], answers.Select(frame => (frame.Header.Opaque, frame.Status)));
        Assert.Equal("\0q", Encoding.UTF8.GetString(answers[1].Key));
    }

    [Fact]
    public async Task Answers_tell_how_long_they_took_when_asked_to()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var client = await RawClient.LoginAsync(producer, HelloFeature.Xerror, HelloFeature.Collections, HelloFeature.Tracing);
        foreach (var answer in new[] { await client.SetAsync(0, "k", "{}"), await client.AskAsync(Opcode.Get, key: DocumentClient.Key("k")), await client.AskAsync(Opcode.Get, key: DocumentClient.Key("none")) })
        {
            Assert.Equal((Magic.FlexibleResponse, 3, (byte)0x02), (answer.Header.Magic, answer.FramingExtras.Length, answer.FramingExtras[0]));
            Assert.True(FramingExtras.TryGetServerDuration(answer.FramingExtras, out var duration));
            Assert.InRange(duration, TimeSpan.Zero, RawClient.Deadline);
        }
    }

    [Fact]
    public async Task Reads_from_a_replica_are_for_who_asks_for_one()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", "{}");
        Assert.Equal(Status.NotMyVBucket, (await client.Raw.AskAsync(Opcode.GetReplica, key: DocumentClient.Key("k"))).Status);
        Assert.Equal(Status.NotMyVBucket, (await client.PathAsync(Opcode.SubdocExists, "k", "a", documentFlags: 0x20)).Status);

        await using var cluster = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Nodes = 2, Replicas = 1 });
        cluster.Bucket.Set("k", """{"a":1}""");
        await cluster.WaitForReplicasAsync();
        await using var replica = await RawClient.LoginAsync(cluster.NodesOf(new VBucketId(0))[1]!, DocumentClient.Features);
        Assert.Equal("""{"a":1}""", (await replica.AskAsync(Opcode.GetReplica, key: DocumentClient.Key("k"))).ValueText);
        Assert.Equal(Status.NotMyVBucket, (await replica.AskAsync(Opcode.Get, key: DocumentClient.Key("k"))).Status);
        var path = await replica.AskAsync(Opcode.SubdocGet, extras: [0, 1, 0, 0x20], key: DocumentClient.Key("k"), value: "a"u8.ToArray());
        Assert.Equal((Status.Success, "1"), (path.Status, path.ValueText));
    }

    [Fact]
    public async Task A_random_key_is_one_of_the_collections()
    {
        await using var client = await DocumentClient.StartAsync();
        Assert.Equal(Status.KeyNotFound, (await client.Raw.AskAsync(Opcode.GetRandomKey, extras: RawClient.U32(0))).Status);
        await client.SetAsync("only", "{\"a\":1}", flags: 9);
        await client.SetAsync("gone", "1");
        await client.DeleteAsync("gone");
        var answer = await client.Raw.AskAsync(Opcode.GetRandomKey, extras: RawClient.U32(0));
        Assert.Equal((Status.Success, "\0only", "{\"a\":1}", Datatype.Json), (answer.Status, Encoding.UTF8.GetString(answer.Key), answer.ValueText, answer.Header.Datatype));
        Assert.Equal(Status.UnknownCollection, (await client.Raw.AskAsync(Opcode.GetRandomKey, extras: RawClient.U32(77))).Status);
        await using var old = await RawClient.LoginAsync(client.Producer, HelloFeature.Xerror);
        Assert.Equal("only", Encoding.UTF8.GetString((await old.AskAsync(Opcode.GetRandomKey)).Key));
    }

    [Fact]
    public async Task Values_that_are_no_documents_are_refused_compressed_unless_that_was_agreed()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", """{"a":1}""");
        var path = Snappier.Snappy.CompressToArray("a"u8);
        var refused = await client.Raw.AskAsync(Opcode.SubdocGet, 0, [0, 1, 0], DocumentClient.Key("k"), path, Datatype.Snappy);
        Assert.Equal(Status.InvalidArguments, refused.Status);
        await using var everywhere = await RawClient.ConnectAsync(client.Producer);
        Assert.Contains(HelloFeature.SnappyEverywhere, await everywhere.HelloAsync([.. DocumentClient.Features, HelloFeature.SnappyEverywhere]));
        await everywhere.AuthenticateAsync("Administrator", EmbeddedProducerOptions.DefaultPassword);
        await everywhere.SelectBucketAsync(client.Producer.Bucket.Name);
        var read = await everywhere.AskAsync(Opcode.SubdocGet, 0, [0, 1, 0], DocumentClient.Key("k"), path, Datatype.Snappy);
        Assert.Equal((Status.Success, "1"), (read.Status, read.ValueText));
        var broken = await everywhere.AskAsync(Opcode.SubdocGet, 0, [0, 1, 0], DocumentClient.Key("k"), [255, 255], Datatype.Snappy);
        Assert.Equal(Status.InvalidArguments, broken.Status);
    }
}
