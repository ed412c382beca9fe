using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Tests.Documents;
using ActorDcp.Producer.Tests.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Access;

/// <summary>Users and what they may do; the users are those of the captures.</summary>
public sealed class PrivilegeTests
{
    private static readonly HelloFeature[] Features = [HelloFeature.Xerror, HelloFeature.Json, HelloFeature.Collections, HelloFeature.SelectBucket];

    [Theory]
    [InlineData("dcp", "dcppass", true)]
    [InlineData("reader", "readerpass", true)]
    [InlineData("dcp", "readerpass", false)]
    [InlineData("nobody", "dcppass", false)]
    public async Task Each_user_has_a_password_of_its_own(string user, string password, bool isRight)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.ConnectAsync(producer);
        await client.HelloAsync(Features);
        var answer = await client.AskAsync(Opcode.SaslAuth, key: "PLAIN"u8.ToArray(), value: Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
        Assert.Equal(isRight ? Status.Success : Status.AuthError, answer.Status);
        if (!isRight)
            Assert.True(JsonDocument.Parse(answer.Value).RootElement.GetProperty("error").TryGetProperty("ref", out _));
    }

    [Fact]
    public async Task Who_may_not_write_is_told_which_privilege_is_missing()
    {
        await using var producer = await StartAsync();
        await using var client = await LoginAsync(producer, "dcp", "dcppass");
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, key: [0, (byte)'k'])).Status);
        var answer = await client.SetAsync(0, "k", "1");
        Assert.Equal(Status.NoAccess, answer.Status);
        var error = JsonDocument.Parse(answer.Value).RootElement.GetProperty("error");
        Assert.Equal("Authorization failure: can't execute SET operation without the Upsert privilege", error.GetProperty("context").GetString());
        Assert.True(Guid.TryParse(error.GetProperty("ref").GetString(), out _));
        Assert.Equal(Status.NoAccess, (await client.AskAsync(Opcode.Delete, key: [0, (byte)'k'])).Status);
        Assert.Equal(0, producer.Bucket.DocumentCount);
    }

    [Fact]
    public async Task Who_may_not_open_DCP_cannot_and_who_has_no_right_at_all_cannot_select_the_bucket()
    {
        await using var producer = await StartAsync();
        await using var reader = await LoginAsync(producer, "reader", "readerpass");
        Assert.Equal(Status.NoAccess, (await reader.AskAsync(Opcode.DcpOpen, extras: [0, 0, 0, 0, 0, 0, 0, 1], key: "x"u8.ToArray())).Status);
        Assert.NotEmpty(await reader.StatisticsAsync("vbucket"));

        producer.SetPrivileges("reader", ProducerPrivileges.None);
        await using var client = await RawClient.ConnectAsync(producer);
        await client.HelloAsync(Features);
        await client.AuthenticateAsync("reader", "readerpass");
        Assert.Equal(Status.NoAccess, (await client.AskAsync(Opcode.SelectBucket, key: "default"u8.ToArray())).Status);
    }

    [Fact]
    public async Task Streams_are_limited_to_the_collections_that_the_user_may_read_and_end_when_the_right_is_taken()
    {
        await using var producer = await StartAsync();
        uint first = CreateCollection(producer, "c8"), second = CreateCollection(producer, "c9");
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader, [first, second]);
        await using var both = await OpenAsync(producer, "reader", "readerpass");

        foreach (var refused in (string[])["", """{"collections":["0"]}""", """{"scope":"0"}""", $$"""{"collections":["{{first:x}}","0"]}"""])
        {
            var answer = await both.StreamAsync(0, value: refused);
            Assert.Equal(Status.NoAccess, answer.Status);
            Assert.Empty(answer.Value);
        }
        Assert.Equal(Status.UnknownCollection, (await both.StreamAsync(0, value: """{"collections":["77"]}""")).Status);
        Assert.Equal(Status.Success, (await both.StreamAsync(0, value: $$"""{"collections":["{{first:x}}","{{second:x}}"]}""")).Status);
        await using var one = await OpenAsync(producer, "reader", "readerpass");
        Assert.Equal(Status.Success, (await one.StreamAsync(0, value: $$"""{"collections":["{{second:x}}"]}""")).Status);

        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader, [second]);
        await both.ReadUntilAsync(frame => frame.ToString() == "end 8");
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader, []);
        await one.ReadUntilAsync(frame => frame.ToString() == "end 8");
        Assert.Equal(Status.NoAccess, (await one.StreamAsync(0, value: $$"""{"collections":["{{second:x}}"]}""")).Status);
    }

    [Fact]
    public async Task A_user_of_some_collections_reads_no_documents_of_others()
    {
        await using var producer = await StartAsync();
        var id = CreateCollection(producer, "mine");
        producer.Bucket.Set("k", "1");
        producer.SetPrivileges("reader", ProducerPrivileges.DataReader, [id]);
        await using var client = await LoginAsync(producer, "reader", "readerpass");
        var vbucket = producer.Bucket.VBucketOf("k").Value;
        Assert.Equal(Status.NoAccess, (await client.AskAsync(Opcode.Get, vbucket, key: [0, (byte)'k'])).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, vbucket, key: [(byte)id, (byte)'k'])).Status);
        Assert.Equal(Status.UnknownCollection, (await client.AskAsync(Opcode.Get, vbucket, key: [0x77, (byte)'k'])).Status);
    }

    // dcp-reference.md 2.10
    [Fact]
    public async Task A_user_of_some_collections_sees_no_others_in_the_manifest()
    {
        await using var producer = await StartAsync();
        var id = CreateCollection(producer, "mine");
        producer.Bucket.Collections.CreateScope("other");
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader, [id]);
        await using var client = await LoginAsync(producer, "reader", "readerpass");

        using var seen = JsonDocument.Parse(await ManifestAsync());
        Assert.Equal($"{producer.Bucket.Collections.Current.Uid.Value:x}", seen.RootElement.GetProperty("uid").GetString());
        var scope = Assert.Single(seen.RootElement.GetProperty("scopes").EnumerateArray());
        Assert.Equal("_default", scope.GetProperty("name").GetString());
        Assert.Equal($"{id:x}", Assert.Single(scope.GetProperty("collections").EnumerateArray()).GetProperty("uid").GetString());
        Assert.Equal(Status.UnknownCollection, (await client.AskAsync(Opcode.GetCollectionId, value: "_default._default"u8.ToArray())).Status);
        Assert.Equal(Status.UnknownScope, (await client.AskAsync(Opcode.GetScopeId, value: "other"u8.ToArray())).Status);

        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader);
        Assert.Contains("\"other\"", await ManifestAsync(), StringComparison.Ordinal);

        async Task<string> ManifestAsync() => (await client.AskAsync(Opcode.GetCollectionsManifest)).ValueText;
    }

    [Fact]
    public async Task Attributes_of_the_system_are_refused_path_by_path_to_who_may_not_read_or_write_them()
    {
        const int xattr = 0x04;
        await using var owner = await DocumentClient.StartAsync(Options() with { VBuckets = 1 });
        await owner.MutateAsync("k", 0x01, (Opcode.SubdocDictUpsert, xattr, "_sys", "1"), (Opcode.SubdocDictUpsert, xattr, "user", "2"), (Opcode.Set, 0, "", "{}"));
        owner.Producer.SetPrivileges("reader", ProducerPrivileges.DataWriter | ProducerPrivileges.SystemSettings);
        await using var client = await owner.LoginAsync("reader", "readerpass");

        var read = await client.LookupAsync("k", null, (Opcode.SubdocGet, xattr, "_sys"), (Opcode.SubdocExists, xattr, "_none"), (Opcode.SubdocGet, xattr, "user"), (Opcode.SubdocGet, xattr, "$XTOC"));
        Assert.Equal(Status.SubdocMultiPathFailure, read.Status);
        Assert.Equal([(Status.NoAccess, ""), (Status.NoAccess, ""), (Status.Success, "2"), (Status.Success, """["user"]""")], DocumentClient.Results(read));
        var written = await client.MutateAsync("k", null, (Opcode.SubdocDictUpsert, xattr, "user", "3"), (Opcode.SubdocDictUpsert, xattr, "_sys", "3"));
        Assert.Equal((Status.SubdocMultiPathFailure, "010024"), (written.Status, Convert.ToHexString(written.Value)));
        Assert.Equal(Status.NoAccess, (await client.PathAsync(Opcode.SubdocGet, "k", "_sys", "", xattr)).Status);
        Assert.Equal(Status.NoAccess, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "_sys", "3", xattr)).Status);
        Assert.Equal("2", (await client.PathAsync(Opcode.SubdocGet, "k", "user", "", xattr)).ValueText);

        owner.Producer.SetPrivileges("reader", ProducerPrivileges.DataReader | ProducerPrivileges.SystemXattrRead);
        Assert.Equal("1", (await client.PathAsync(Opcode.SubdocGet, "k", "_sys", "", xattr)).ValueText);
    }

    [Fact]
    public async Task Whole_values_come_without_the_attributes_that_the_user_may_not_read()
    {
        const int xattr = 0x04;
        await using var owner = await DocumentClient.StartAsync(Options() with { VBuckets = 1 });
        await owner.MutateAsync("k", 0x01, (Opcode.SubdocDictUpsert, xattr, "_sys", "1"), (Opcode.SubdocDictUpsert, xattr, "user", "2"), (Opcode.Set, 0, "", "{}"));
        await owner.MutateAsync("sys", 0x01, (Opcode.SubdocDictUpsert, xattr, "_sys", "1"), (Opcode.Set, 0, "", "{}"));
        await using var client = await owner.LoginAsync("reader", "readerpass", HelloFeature.SnappyEverywhere);

        var value = await client.Raw.AskAsync(Opcode.GetEx, 0, key: DocumentClient.Key("k"));
        var bare = await client.Raw.AskAsync(Opcode.GetEx, 0, key: DocumentClient.Key("sys"));

        Assert.Equal(("\0\0\0\v\0\0\0\auser\02\0{}", Datatype.Json | Datatype.Xattr), (value.ValueText, value.Header.Datatype));
        Assert.Equal(("{}", Datatype.Json), (bare.ValueText, bare.Header.Datatype));
    }

    [Fact]
    public async Task Options_and_users_show_no_password_and_neither_does_any_log()
    {
        var log = new RecordingLog();
        var options = Options() with { LoggerFactory = log, User = "root", Password = "root-secret", Nodes = 2, Replicas = 1, HttpPort = 0 };
        await using (var producer = await EmbeddedProducer.StartAsync(options))
        {
            await using var client = await RawClient.ConnectAsync(producer);
            await client.HelloAsync(Features);
            await client.AskAsync(Opcode.SaslAuth, key: "PLAIN"u8.ToArray(), value: "\0root\0not-my-password"u8.ToArray());
            await client.AskAsync(Opcode.SaslAuth, key: "SCRAM-SHA512"u8.ToArray(), value: "n,,n=root,r=abcdefghijkl"u8.ToArray());
            await client.AuthenticateAsync("root", "root-secret");
            await client.SelectBucketAsync("default");
            await client.OpenAsync("x", 1);
            await client.SendRawAsync("these are no frames, but enough bytes for one"u8.ToArray());
            await client.WaitForCloseAsync();
            foreach (var password in (string[])["root-secret", "not-my-password"])
            {
                using var http = Http.BootstrapOverHttpTests.ClientOf(producer, "root", password);
                using var answer = await http.GetAsync(new Uri("/pools/default", UriKind.Relative));
            }
            await producer.MoveVBucketAsync(new VBucketId(0), 1);
        }
        var all = string.Join('\n', [.. log.Lines.Select(line => line.Text), options.ToString(), options.Users[0].ToString()]);
        var encoded = Convert.ToBase64String("root:root-secret"u8);
        foreach (var secret in (string[])["root-secret", "not-my-password", "dcppass", "readerpass", encoded])
            Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
        Assert.Contains("authentication by PLAIN refused", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_without_a_name_of_their_own_are_refused_at_the_start()
    {
        var same = new ProducerUser { Name = "Administrator", Password = "x" };
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { Users = [same] }));
        Assert.Contains("Users is 'Administrator'", refusal.Message, StringComparison.Ordinal);
        await using var producer = await StartAsync();
        Assert.Throws<ArgumentException>(() => producer.SetPrivileges("nobody", ProducerPrivileges.All));
        Assert.Throws<ArgumentException>(() => producer.SetPrivileges("Administrator", ProducerPrivileges.None));
    }

    private static uint CreateCollection(EmbeddedProducer producer, string name)
    {
        producer.Bucket.Collections.CreateCollection("_default", name);
        return producer.Bucket.Collections.Current.Find("_default", name)!.Id;
    }

    private static async Task<RawClient> LoginAsync(EmbeddedProducer producer, string user, string password)
    {
        var client = await RawClient.ConnectAsync(producer);
        await client.HelloAsync(Features);
        await client.AuthenticateAsync(user, password);
        await client.SelectBucketAsync(producer.Bucket.Name);
        return client;
    }

    private static async Task<RawClient> OpenAsync(EmbeddedProducer producer, string user, string password)
    {
        var client = await LoginAsync(producer, user, password);
        await client.OpenAsync(Guid.NewGuid().ToString("N"), 0x25);
        await client.ControlAsync("enable_noop", "true");
        return client;
    }

    private static Task<EmbeddedProducer> StartAsync() => EmbeddedProducer.StartAsync(Options());

    private static EmbeddedProducerOptions Options() => new()
    {
        VBuckets = 4,
        Users =
        [
            new ProducerUser { Name = "dcp", Password = "dcppass" },
            new ProducerUser { Name = "reader", Password = "readerpass", Privileges = ProducerPrivileges.DataReader | ProducerPrivileges.SystemSettings },
        ],
    };
}
