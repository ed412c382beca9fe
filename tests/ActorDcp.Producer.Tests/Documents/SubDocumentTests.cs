using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

public sealed class SubDocumentTests
{
    private const int MakeParents = 0x01;
    private const int Xattr = 0x04;
    private const int MakeDocument = 0x01;

    [Theory]
    [InlineData("a.b", "[1,2]")]
    [InlineData("a.b[1]", "2")]
    [InlineData("a.b[-1]", "2")]
    [InlineData("`x.y`", "{\"z\":true}")]
    [InlineData("`x.y`.z", "true")]
    [InlineData("ü", "\"text\"")]
    [InlineData("q\\\"q", "null")]
    [InlineData("t``t", "1.50")]
    public async Task A_path_leads_to_the_text_as_it_was_written(string path, string expected)
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", """{"a":{"b":[1, 2]}, "x.y":{"z":true},"ü":"text","q\"q":null,"t`t":1.50}""".Replace("[1, 2]", "[1,2]"));
        var answer = await client.PathAsync(Opcode.SubdocGet, "k", path.Replace("t``t", "`t``t`"));
        Assert.Equal((Status.Success, expected, Datatype.Json), (answer.Status, answer.ValueText, answer.Header.Datatype));
        Assert.Equal(Status.Success, (await client.PathAsync(Opcode.SubdocExists, "k", path.Replace("t``t", "`t``t`"))).Status);
    }

    [Theory]
    [InlineData(Opcode.SubdocGet, "zz", "", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocGet, "a..b", "", Status.SubdocPathInvalid)]
    [InlineData(Opcode.SubdocGet, "a.", "", Status.SubdocPathInvalid)]
    [InlineData(Opcode.SubdocGet, "a[b]", "", Status.SubdocPathInvalid)]
    [InlineData(Opcode.SubdocGet, "a.b[-2]", "", Status.SubdocPathInvalid)]
    [InlineData(Opcode.SubdocGet, "a.b[2]", "", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocGet, "n.x", "", Status.SubdocPathMismatch)]
    [InlineData(Opcode.SubdocGet, "a[0]", "", Status.SubdocPathMismatch)]
    [InlineData(Opcode.SubdocGet, "", "", Status.InvalidArguments)]
    [InlineData(Opcode.SubdocGetCount, "n", "", Status.SubdocPathMismatch)]
    [InlineData(Opcode.SubdocDictAdd, "n", "1", Status.SubdocPathExists)]
    [InlineData(Opcode.SubdocDictAdd, "u.v", "1", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocDictUpsert, "a.b[0]", "1", Status.SubdocPathInvalid)]
    [InlineData(Opcode.SubdocDictUpsert, "new", "{x", Status.SubdocValueCannotInsert)]
    [InlineData(Opcode.SubdocReplace, "new", "1", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocDelete, "new", "", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocArrayPushLast, "a", "1", Status.SubdocPathMismatch)]
    [InlineData(Opcode.SubdocArrayPushFirst, "new", "1", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocArrayInsert, "a.b[3]", "1", Status.SubdocPathNotFound)]
    [InlineData(Opcode.SubdocArrayInsert, "a.b[-1]", "1", Status.SubdocPathInvalid)]
    [InlineData(Opcode.SubdocArrayAddUnique, "a.b", "2", Status.SubdocPathExists)]
    [InlineData(Opcode.SubdocArrayAddUnique, "a.b", "[2]", Status.SubdocValueCannotInsert)]
    [InlineData(Opcode.SubdocArrayAddUnique, "m", "1", Status.SubdocPathMismatch)]
    [InlineData(Opcode.SubdocCounter, "n", "0", Status.SubdocDeltaInvalid)]
    [InlineData(Opcode.SubdocCounter, "n", "x", Status.SubdocDeltaInvalid)]
    [InlineData(Opcode.SubdocCounter, "s", "1", Status.SubdocPathMismatch)]
    [InlineData(Opcode.SubdocCounter, "big", "1", Status.SubdocNumOutOfRange)]
    [InlineData(Opcode.SubdocCounter, "high", "1", Status.SubdocValueCannotInsert)]
    public async Task What_cannot_be_done_says_why_and_changes_nothing(Opcode opcode, string path, string value, Status expected)
    {
        const string Document = """{"a":{"b":[1,2]},"n":5,"s":"x","m":[{}],"big":99999999999999999999,"high":9223372036854775807}""";
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", Document);
        Assert.Equal(expected, (await client.PathAsync(opcode, "k", path, value)).Status);
        Assert.Equal(Document, (await client.GetAsync("k")).ValueText);
        Assert.Equal(1ul, client.Producer.Bucket.HighSeqno(new VBucketId(0)).Value);
    }

    [Theory]
    [InlineData(Opcode.SubdocDictAdd, "c", "3", 0, """{ "a" : 1, "b":[ 1 , 2 ] ,"c":3}""")]
    [InlineData(Opcode.SubdocDictUpsert, "a", "{\"x\":1}", 0, """{ "a" : {"x":1}, "b":[ 1 , 2 ] }""")]
    [InlineData(Opcode.SubdocDictUpsert, "x.y.z", "1", MakeParents, """{ "a" : 1, "b":[ 1 , 2 ] ,"x":{"y":{"z":1}}}""")]
    [InlineData(Opcode.SubdocReplace, "b[0]", "null", 0, """{ "a" : 1, "b":[ null , 2 ] }""")]
    [InlineData(Opcode.SubdocDelete, "a", "", 0, """{  "b":[ 1 , 2 ] }""")]
    [InlineData(Opcode.SubdocDelete, "b[-1]", "", 0, """{ "a" : 1, "b":[ 1  ] }""")]
    [InlineData(Opcode.SubdocArrayPushLast, "b", "3,4", 0, """{ "a" : 1, "b":[ 1 , 2 ,3,4] }""")]
    [InlineData(Opcode.SubdocArrayPushFirst, "b", "0", 0, """{ "a" : 1, "b":[0, 1 , 2 ] }""")]
    [InlineData(Opcode.SubdocArrayPushLast, "n.m", "1", MakeParents, """{ "a" : 1, "b":[ 1 , 2 ] ,"n":{"m":[1]}}""")]
    [InlineData(Opcode.SubdocArrayInsert, "b[1]", "9", 0, """{ "a" : 1, "b":[ 1 , 9,2 ] }""")]
    [InlineData(Opcode.SubdocArrayInsert, "b[2]", "9", 0, """{ "a" : 1, "b":[ 1 , 2 ,9] }""")]
    [InlineData(Opcode.SubdocArrayAddUnique, "b", "3", 0, """{ "a" : 1, "b":[ 1 , 2 ,3] }""")]
    public async Task A_change_leaves_the_rest_of_the_text_alone(Opcode opcode, string path, string value, int flags, string expected)
    {
        await using var client = await DocumentClient.StartAsync();
        var set = await client.SetAsync("k", """{ "a" : 1, "b":[ 1 , 2 ] }""", flags: 7);
        var answer = await client.PathAsync(opcode, "k", path, value, flags, cas: set.Header.Cas);
        Assert.Equal((Status.Success, 16, ""), (answer.Status, answer.Extras.Length, answer.ValueText));
        var got = await client.GetAsync("k");
        Assert.Equal((expected, Datatype.Json, answer.Header.Cas), (got.ValueText, got.Header.Datatype, got.Header.Cas));
        Assert.Equal(7, got.Extras[3]);
        Assert.Equal(Status.KeyExists, (await client.PathAsync(opcode, "k", path, value, flags, cas: set.Header.Cas)).Status);
    }

    [Fact]
    public async Task A_counter_answers_its_number_and_documents_that_cannot_be_looked_into_say_so()
    {
        await using var client = await DocumentClient.StartAsync();
        Assert.Equal(Status.KeyNotFound, (await client.PathAsync(Opcode.SubdocCounter, "k", "n", "1")).Status);
        Assert.Equal("1", (await client.PathAsync(Opcode.SubdocCounter, "k", "n", "1", documentFlags: MakeDocument)).ValueText);
        var counted = await client.PathAsync(Opcode.SubdocCounter, "k", "n", "-11");
        Assert.Equal(("-10", Datatype.Json), (counted.ValueText, counted.Header.Datatype));
        Assert.Equal("{\"n\":-10}", (await client.GetAsync("k")).ValueText);
        await client.PathAsync(Opcode.SubdocArrayPushLast, "list", "", "1", documentFlags: MakeDocument);
        Assert.Equal("[1]", (await client.GetAsync("list")).ValueText);
        await client.SetAsync("text", "no json");
        Assert.Equal(Status.SubdocDocNotJson, (await client.PathAsync(Opcode.SubdocGet, "text", "a")).Status);
        await client.SetAsync("deep", string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40)));
        Assert.Equal(Status.SubdocPathTooDeep, (await client.PathAsync(Opcode.SubdocGet, "deep", "[0]")).Status);
        var deep = string.Concat(Enumerable.Repeat("[", 33)) + string.Concat(Enumerable.Repeat("]", 33));
        Assert.Equal(Status.SubdocValueTooDeep, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "d", deep)).Status);
        Assert.Equal(Status.SubdocPathTooBig, (await client.PathAsync(Opcode.SubdocGet, "k", string.Join('.', Enumerable.Repeat("a", 33)))).Status);
    }

    [Fact]
    public async Task Several_paths_are_read_at_once_each_with_its_status()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", """{"n":1,"l":[1,2,3]}""");
        var answer = await client.LookupAsync("k", null,
            (Opcode.SubdocGet, 0, "n"), (Opcode.SubdocExists, 0, "l"), (Opcode.SubdocGet, 0, "zz"), (Opcode.SubdocGetCount, 0, "l"), (Opcode.Get, 0, ""));
        Assert.Equal((Status.SubdocMultiPathFailure, Datatype.Raw), (answer.Status, answer.Header.Datatype));
        Assert.Equal(
            [(Status.Success, "1"), (Status.Success, ""), (Status.SubdocPathNotFound, ""), (Status.Success, "3"), (Status.Success, """{"n":1,"l":[1,2,3]}""")],
            DocumentClient.Results(answer));
        Assert.Equal(Status.Success, (await client.LookupAsync("k", null, (Opcode.SubdocGet, 0, "n"))).Status);
    }

    [Fact]
    public async Task Several_paths_change_together_or_not_at_all()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", """{"n":1}""");
        var changed = await client.MutateAsync("k", null,
            (Opcode.SubdocDictUpsert, Xattr | MakeParents, "_x.a", "\"1\""), (Opcode.SubdocCounter, 0, "n", "1"), (Opcode.SubdocCounter, 0, "c", "5"));
        Assert.Equal((Status.Success, 16), (changed.Status, changed.Extras.Length));
        Assert.Equal([1, 0, 0, 0, 0, 0, 1, (byte)'2', 2, 0, 0, 0, 0, 0, 1, (byte)'5'], changed.Value);
        var failed = await client.MutateAsync("k", null, (Opcode.SubdocDictUpsert, 0, "q", "1"), (Opcode.SubdocDictAdd, 0, "n", "1"));
        Assert.Equal((Status.SubdocMultiPathFailure, 0ul), (failed.Status, failed.Header.Cas));
        Assert.Equal([1, 0, 0xc9], failed.Value);
        Assert.Equal("""{"n":2,"c":5}""", (await client.GetAsync("k")).ValueText);
        Assert.Equal(2ul, client.Producer.Bucket.HighSeqno(new VBucketId(0)).Value);
    }

    [Fact]
    public async Task A_request_that_is_not_well_formed_is_refused_in_Couchbases_words()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", "{}");
        var none = await client.LookupAsync("k", null);
        Assert.Equal((Status.SubdocInvalidCombo, """{"error":{"context":"Request must contain at least one path"}}"""), (none.Status, none.ValueText));
        var many = Enumerable.Repeat((Opcode.SubdocExists, 0, "a"), 17).ToArray();
        Assert.Equal(Status.SubdocInvalidCombo, (await client.LookupAsync("k", null, many)).Status);
        Assert.Equal(Status.SubdocInvalidXattrOrder, (await client.LookupAsync("k", null, (Opcode.SubdocGet, 0, "n"), (Opcode.SubdocGet, Xattr, "_x"))).Status);
        Assert.Equal(Status.SubdocInvalidCombo, (await client.LookupAsync("k", null, (Opcode.SubdocDictAdd, 0, "n"))).Status);
        Assert.Equal(Status.SubdocXattrInvalidFlagCombo, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "a", "\"${Mutation.CAS}\"", 0x10)).Status);
        Assert.Equal(Status.SubdocXattrUnknownMacro, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "_a", "\"${Unknown}\"", 0x14)).Status);
        Assert.Equal(Status.SubdocXattrCantModifyVattr, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "$document", "1", Xattr)).Status);
        Assert.Equal(Status.XattrInvalid, (await client.PathAsync(Opcode.SubdocGet, "k", "this_name_is_too_long", "", Xattr)).Status);
        Assert.Equal(Status.InvalidArguments, (await client.PathAsync(Opcode.SubdocGet, "k", "a", "value")).Status);
        Assert.Equal(Status.InvalidArguments, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "a", "1", documentFlags: 0x03)).Status);
        await using var bare = await RawClient.LoginAsync(client.Producer, HelloFeature.Xerror, HelloFeature.Collections);
        var refused = await bare.AskAsync(Opcode.SubdocGet, 0, [0, 2, Xattr], DocumentClient.Key("k"), "_x"u8.ToArray());
        Assert.Equal(Status.NotSupported, refused.Status);
    }
}
