using System.Text;
using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

public sealed class XattrTests
{
    private const int MakeParents = 0x01;
    private const int Xattr = 0x04;
    private const int Macro = 0x10;
    private const int Binary = 0x20;
    private const int MakeDocument = 0x01;
    private const int Add = 0x02;
    private const int AccessDeleted = 0x04;
    private const int CreateAsDeleted = 0x08;
    private const int Revive = 0x10;

    [Fact]
    public async Task Attributes_stay_when_the_body_is_replaced_and_only_those_of_the_system_when_it_is_deleted()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.MutateAsync("k", MakeDocument,
            (Opcode.SubdocDictUpsert, Xattr | MakeParents, "_sys.rev", "1"), (Opcode.SubdocDictUpsert, Xattr, "user", "\"u\""), (Opcode.Set, 0, "", """{"a":1}"""));
        Assert.Equal("""{"a":1}""", (await client.GetAsync("k")).ValueText);
        await client.SetAsync("k", """{"a":2}""");
        await client.Raw.AskAsync(Opcode.Append, key: DocumentClient.Key("k"), value: " "u8.ToArray());
        Assert.Equal("""["_sys","user"]""", await ContentsAsync(client, "k"));

        await client.DeleteAsync("k");
        Assert.Equal(Status.KeyNotFound, (await client.LookupAsync("k", null, (Opcode.SubdocGet, Xattr, "_sys"))).Status);
        var kept = await client.LookupAsync("k", AccessDeleted, (Opcode.SubdocGet, Xattr, "_sys"), (Opcode.SubdocGet, Xattr, "$XTOC"));
        Assert.Equal(Status.SubdocSuccessDeleted, kept.Status);
        Assert.Equal([(Status.Success, """{"rev":1}"""), (Status.Success, """["_sys"]""")], DocumentClient.Results(kept));

        await client.SetAsync("k", "{}");
        Assert.Equal("[]", await ContentsAsync(client, "k"));
    }

    [Fact]
    public async Task A_stream_that_asked_for_attributes_gets_them_and_others_get_the_body()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.MutateAsync("k", MakeDocument, (Opcode.SubdocDictUpsert, Xattr | MakeParents, "meta.by", "\"kv\""), (Opcode.Set, 0, "", """{"a":1}"""));
        await using var with = await RawClient.OpenDcpAsync(client.Producer, flags: 5);
        await with.StreamAsync(0);
        await with.ReadAsync();
        var full = await with.ReadAsync();
        Assert.Equal(Datatype.Json | Datatype.Xattr, full.Header.Datatype);
        Assert.Equal("\0\0\0\x14\0\0\0\x10meta\0{\"by\":\"kv\"}\0{\"a\":1}".Replace("\x14", "\x15").Replace("\x10", "\x11"), full.ValueText);
        await using var without = await RawClient.OpenDcpAsync(client.Producer);
        await without.StreamAsync(0);
        await without.ReadAsync();
        var body = await without.ReadAsync();
        Assert.Equal(("""{"a":1}""", Datatype.Json), (body.ValueText, body.Header.Datatype));
    }

    [Fact]
    public async Task The_virtual_attributes_tell_about_the_document()
    {
        await using var client = await DocumentClient.StartAsync();
        var set = await client.SetAsync("k", """{"a":1}""", flags: 3, expiry: 2_000_000_000);
        var answer = await client.LookupAsync("k", null,
            (Opcode.SubdocGet, Xattr, "$document"), (Opcode.SubdocGet, Xattr, "$document.CAS"), (Opcode.SubdocGet, Xattr, "$vbucket.HLC.mode"), (Opcode.SubdocGet, Xattr, "$nothing"));
        var results = DocumentClient.Results(answer);
        Assert.Equal([Status.Success, Status.Success, Status.Success, Status.SubdocXattrUnknownVattr], results.Select(result => result.Status));
        using var document = JsonDocument.Parse(results[0].Value);
        var root = document.RootElement;
        Assert.Equal(["CAS", "datatype", "deleted", "exptime", "flags", "last_modified", "revid", "seqno", "value_bytes", "value_crc32c", "vbucket_uuid"],
            root.EnumerateObject().Select(member => member.Name));
        Assert.Equal($"0x{set.Header.Cas:x16}", root.GetProperty("CAS").GetString());
        Assert.Equal((2_000_000_000u, 3, "1", 7), (root.GetProperty("exptime").GetUInt32(), root.GetProperty("flags").GetInt32(), root.GetProperty("revid").GetString(), root.GetProperty("value_bytes").GetInt32()));
        Assert.Equal($"0x{client.Producer.Bucket.FailoverLog(new VBucketId(0)).NewestUuid.Value:x16}", root.GetProperty("vbucket_uuid").GetString());
        Assert.Equal(($"\"0x{set.Header.Cas:x16}\"", "\"real\""), (results[1].Value, results[2].Value));
    }

    /// <summary>As the recorded node: the document's own expiry until the deletion is on disk, the time of the deletion after that.</summary>
    [Fact]
    public async Task After_a_deletion_by_path_the_virtual_attribute_tells_the_old_expiry_until_it_is_persisted()
    {
        var folder = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;
        try
        {
            await using var client = await DocumentClient.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder });
            await client.SetAsync("k", "{}", expiry: 2_000_000_000);
            await client.Producer.Bucket.FlushAsync();
            client.Producer.Nodes[0].Faults.SlowDisk(TimeSpan.FromHours(1));
            await client.MutateAsync("k", null, (Opcode.Delete, 0, "", ""));
            Assert.Equal(2_000_000_000u, await ExpiryAsync());

            client.Producer.Nodes[0].Faults.Clear();
            await client.Producer.Bucket.FlushAsync();
            Assert.InRange(await ExpiryAsync(), 1_500_000_000u, uint.MaxValue);
            Assert.NotEqual(2_000_000_000u, await ExpiryAsync());

            async Task<uint> ExpiryAsync() => uint.Parse(
                DocumentClient.Results(await client.LookupAsync("k", AccessDeleted, (Opcode.SubdocGet, Xattr, "$document.exptime")))[0].Value,
                System.Globalization.CultureInfo.InvariantCulture);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The checksum is that of the recorded document with the same body.</summary>
    [Fact]
    public async Task Macros_become_what_the_change_got()
    {
        await using var client = await DocumentClient.StartAsync();
        var changed = await client.MutateAsync("k", MakeDocument,
            (Opcode.SubdocDictUpsert, Xattr | MakeParents | Macro, "_mou.cas", "\"${Mutation.CAS}\""),
            (Opcode.SubdocDictUpsert, Xattr | MakeParents | Macro, "_mou.crc", "\"${Mutation.value_crc32c}\""),
            (Opcode.SubdocDictUpsert, Xattr | MakeParents | Macro, "_mou.seq", "\"${Mutation.seqno}\""),
            (Opcode.Set, 0, "", """{"body":5}"""));
        var cas = string.Concat(BitConverter.GetBytes(changed.Header.Cas).Select(part => part.ToString("x2")));
        var read = await client.PathAsync(Opcode.SubdocGet, "k", "_mou", "", Xattr);
        Assert.Equal($$"""{"cas":"0x{{cas}}","crc":"0xff12b6b7","seq":"0x0000000000000001"}""", read.ValueText);
        Assert.Equal(changed.Header.Cas, read.Header.Cas);
        await client.PathAsync(Opcode.SubdocDictUpsert, "k", "_mou", "\"${$document.revid}\"", Xattr | Macro);
        Assert.Equal("\"1\"", (await client.PathAsync(Opcode.SubdocGet, "k", "_mou", "", Xattr)).ValueText);
        Assert.Equal(Status.SubdocXattrUnknownVattrMacro, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "_mou", "\"${$document.none}\"", Xattr | Macro)).Status);
    }

    [Fact]
    public async Task A_tombstone_can_be_made_changed_and_brought_to_life()
    {
        await using var client = await DocumentClient.StartAsync();
        var made = await client.MutateAsync("k", Add | AccessDeleted | CreateAsDeleted, (Opcode.SubdocDictAdd, Xattr | MakeParents, "txn.staged", "{\"v\":1}"));
        Assert.Equal((Status.SubdocSuccessDeleted, 16), (made.Status, made.Extras.Length));
        Assert.Equal(Status.KeyNotFound, (await client.GetAsync("k")).Status);
        Assert.Equal("Deletion", RecordedChangeTypeOf(client));
        var again = await client.MutateAsync("k", Add | AccessDeleted | CreateAsDeleted, (Opcode.SubdocDictAdd, Xattr, "txn", "1"));
        Assert.Equal(Status.KeyExists, again.Status);
        var refused = await client.MutateAsync("k", AccessDeleted, (Opcode.Set, 0, "", "{}"));
        Assert.Equal(Status.SubdocDeletedDocCantHaveValue, refused.Status);
        var failed = await client.MutateAsync("k", AccessDeleted, (Opcode.SubdocDictAdd, Xattr, "txn", "1"));
        Assert.Equal(Status.SubdocMultiPathFailureDeleted, failed.Status);
        var revived = await client.MutateAsync("k", AccessDeleted | Revive, null, 0,
            (Opcode.SubdocReplaceBodyWithXattr, Xattr, "txn.staged", ""), (Opcode.SubdocDelete, Xattr, "txn", ""));
        Assert.Equal(Status.Success, revived.Status);
        Assert.Equal("""{"v":1}""", (await client.GetAsync("k")).ValueText);
        Assert.Equal("[]", await ContentsAsync(client, "k"));
        Assert.Equal(Status.SubdocCanOnlyReviveDeleted, (await client.MutateAsync("k", AccessDeleted | Revive, (Opcode.Set, 0, "", "{}"))).Status);
        Assert.Equal(Status.Success, (await client.MutateAsync("k", null, (Opcode.Delete, 0, "", ""))).Status);
        Assert.Equal(Status.KeyNotFound, (await client.GetAsync("k")).Status);
    }

    [Fact]
    public async Task A_document_made_for_an_attribute_has_an_empty_body()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.PathAsync(Opcode.SubdocDictUpsert, "k", "meta.by", "\"x\"", Xattr | MakeParents, MakeDocument, expiry: 100);
        Assert.Equal("{}", (await client.GetAsync("k")).ValueText);
        Assert.InRange(client.Producer.Bucket.Get("k")!.Expiry, 1u, uint.MaxValue);
        await client.PathAsync(Opcode.SubdocDictUpsert, "k", "meta.by", "\"y\"", Xattr);
        Assert.InRange(client.Producer.Bucket.Get("k")!.Expiry, 1u, uint.MaxValue);
        await client.PathAsync(Opcode.SubdocDictUpsert, "k", "meta.by", "\"y\"", Xattr, expiry: 0);
        Assert.Equal(0u, client.Producer.Bucket.Get("k")!.Expiry);
    }

    [Fact]
    public async Task Bytes_that_are_no_JSON_travel_in_an_attribute()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.PathAsync(Opcode.SubdocDictUpsert, "k", "_b", "\u0001\u0002not json", Xattr | Binary, MakeDocument);
        Assert.Equal("\u0001\u0002not json", (await client.PathAsync(Opcode.SubdocGet, "k", "_b", "", Xattr | Binary)).ValueText);
        var stored = "cb-content-base64-encoded:" + Convert.ToBase64String(Encoding.UTF8.GetBytes("\u0001\u0002not json"));
        Assert.Equal($"\"{stored}\"", (await client.PathAsync(Opcode.SubdocGet, "k", "_b", "", Xattr)).ValueText);
        await client.PathAsync(Opcode.SubdocDictUpsert, "k", "_b", "1", Xattr);
        Assert.Equal(Status.SubdocFieldNotBinaryValue, (await client.PathAsync(Opcode.SubdocGet, "k", "_b", "", Xattr | Binary)).Status);
    }

    private static async Task<string> ContentsAsync(DocumentClient client, string key) =>
        (await client.PathAsync(Opcode.SubdocGet, key, "$XTOC", "", Xattr)).ValueText;

    private static string RecordedChangeTypeOf(DocumentClient client) => client.Producer.Bucket.Documents(new VBucketId(0))[^1].Type.ToString();
}
