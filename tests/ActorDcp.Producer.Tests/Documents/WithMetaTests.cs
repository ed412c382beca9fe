using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

public sealed class WithMetaTests
{
    private const ulong Cas = 0x17979cfe362a0000;
    private const uint ForceWithMeta = 0x01;
    private const uint ForceAccept = 0x02;
    private const uint RegenerateCas = 0x04;
    private const uint SkipConflictResolution = 0x08;
    private const uint IsExpiration = 0x10;

    /// <summary>The steps and answers of the recorded session.</summary>
    [Fact]
    public async Task The_higher_revision_wins_then_the_higher_cas()
    {
        await using var client = await DocumentClient.StartAsync();
        var first = await StoreAsync(client, Opcode.SetWithMeta, "k", """{"wm":1}""", rev: 10, cas: Cas);
        Assert.Equal((Status.Success, Cas, 16), (first.Status, first.Header.Cas, first.Extras.Length));
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.SetWithMeta, "k", "2", rev: 9, cas: Cas + 1)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "3", rev: 10, cas: Cas + 1)).Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.SetWithMeta, "k", "3", rev: 10, cas: Cas + 1)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "3", rev: 10, cas: Cas + 1, flags: 1)).Status);
        Assert.Equal(Status.InvalidArguments, (await StoreAsync(client, Opcode.SetWithMeta, "k", "x", rev: 11, cas: Cas + 2, options: ForceAccept)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "4", rev: 1, cas: Cas + 3, options: SkipConflictResolution)).Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.SetWithMeta, "new", "x", rev: 1, cas: 0, options: SkipConflictResolution | RegenerateCas)).Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.AddWithMeta, "k", "x", rev: 50, cas: Cas + 9)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.AddWithMeta, "added", "x", rev: 50, cas: Cas + 9)).Status);
        var got = await client.GetAsync("k");
        Assert.Equal(("4", Datatype.Json, Cas + 3), (got.ValueText, got.Header.Datatype, got.Header.Cas));
    }

    [Fact]
    public async Task A_deletion_made_elsewhere_keeps_its_time_also_where_nothing_was_to_delete()
    {
        await using var client = await DocumentClient.StartAsync();
        await StoreAsync(client, Opcode.SetWithMeta, "k", "1", rev: 10, cas: Cas);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.DelWithMeta, "k", "", rev: 60, cas: Cas + 1, expiry: 1_700_000_000)).Status);
        var meta = await client.Raw.AskAsync(Opcode.GetMeta, extras: [2], key: DocumentClient.Key("k"));
        Assert.Equal((1u, 1_700_000_000u, 60ul), (U32(meta, 0), U32(meta, 8), BinaryPrimitives.ReadUInt64BigEndian(meta.Extras.AsSpan(12))));
        Assert.Equal(Cas + 1, meta.Header.Cas);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.DelWithMeta, "other", "", rev: 1, cas: Cas, options: IsExpiration, expiry: 5)).Status);
        var changes = client.Producer.Bucket.Documents(new VBucketId(0));
        Assert.Equal(["Deletion", "Expiration"], changes.Select(change => change.Type.ToString()));
        // a key without history goes on from the highest rev that was deleted
        var set = await client.SetAsync("fresh", "1");
        Assert.Equal(61ul, client.Producer.Bucket.Get("fresh")!.Rev);
        Assert.True(set.Header.Cas > Cas);
    }

    [Fact]
    public async Task Attributes_come_with_the_value_and_break_a_tie()
    {
        await using var client = await DocumentClient.StartAsync();
        byte[] pair = [.. "_sys\0"u8, .. "{\"a\":1}"u8, 0];
        byte[] section = [.. RawClient.U32((uint)pair.Length + 4), .. RawClient.U32((uint)pair.Length), .. pair];
        await StoreAsync(client, Opcode.SetWithMeta, "k", "{}", rev: 2, cas: Cas);
        var value = Encoding.UTF8.GetString([.. section, .. "{}"u8]);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", value, rev: 2, cas: Cas, datatype: Datatype.Xattr)).Status);
        Assert.Equal("{}", (await client.GetAsync("k")).ValueText);
        Assert.Equal("""{"a":1}""", (await client.PathAsync(Opcode.SubdocGet, "k", "_sys", "", 0x04)).ValueText);
        Assert.Equal(Status.InvalidArguments, (await StoreAsync(client, Opcode.SetWithMeta, "k", "\x7f\x7f\x7f\x7f", rev: 3, cas: Cas, datatype: Datatype.Xattr)).Status);
        await StoreAsync(client, Opcode.DelWithMeta, "k", value, rev: 3, cas: Cas, datatype: Datatype.Xattr);
        var deleted = await client.LookupAsync("k", 0x04, (Opcode.SubdocGet, 0x04, "_sys"), (Opcode.Get, 0, ""));
        Assert.Equal([(Status.Success, """{"a":1}"""), (Status.SubdocPathNotFound, "")], DocumentClient.Results(deleted));
    }

    [Fact]
    public async Task Where_the_last_write_wins_the_higher_cas_does_then_the_higher_revision_and_writers_must_say_that_they_know()
    {
        await using var client = await DocumentClient.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, LastWriteWins = true });
        Assert.Equal(Status.InvalidArguments, (await StoreAsync(client, Opcode.SetWithMeta, "k", "x", rev: 1, cas: Cas)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "1", rev: 10, cas: Cas, options: ForceAccept)).Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.SetWithMeta, "k", "2", rev: 11, cas: Cas - 1, options: ForceAccept)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "3", rev: 9, cas: Cas + 1, options: ForceAccept)).Status);
        Assert.Equal(Status.KeyExists, (await StoreAsync(client, Opcode.DelWithMeta, "k", "", rev: 9, cas: Cas + 1, options: ForceAccept)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "4", rev: 10, cas: Cas + 1, options: ForceAccept)).Status);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.DelWithMeta, "k", "", rev: 1, cas: Cas + 2, options: ForceAccept)).Status);
        Assert.Equal(Status.KeyNotFound, (await client.GetAsync("k")).Status);
    }

    [Fact]
    public async Task A_forced_change_is_not_compared()
    {
        await using var client = await DocumentClient.StartAsync();
        await StoreAsync(client, Opcode.SetWithMeta, "k", "1", rev: 10, cas: Cas);
        Assert.Equal(Status.Success, (await StoreAsync(client, Opcode.SetWithMeta, "k", "2", rev: 1, cas: Cas - 1, options: ForceWithMeta)).Status);
        Assert.Equal("2", (await client.GetAsync("k")).ValueText);
    }

    [Fact]
    public async Task Mutate_with_meta_is_known_but_not_supported_and_HELO_says_so()
    {
        await using var client = await DocumentClient.StartAsync();
        Assert.DoesNotContain(HelloFeature.MutateWithMeta, await client.Raw.HelloAsync([.. DocumentClient.Features, HelloFeature.MutateWithMeta]));
        var answer = await client.Raw.AskAsync(Opcode.MutateWithMeta, 0, [], DocumentClient.Key("k"), "{}"u8.ToArray());
        Assert.Equal(Status.NotSupported, answer.Status);
        Assert.Equal(Status.KeyNotFound, (await client.GetAsync("k")).Status);
    }

    private static uint U32(RawFrame frame, int at) => BinaryPrimitives.ReadUInt32BigEndian(frame.Extras.AsSpan(at));

    private static Task<RawFrame> StoreAsync(
        DocumentClient client, Opcode opcode, string key, string value, ulong rev, ulong cas, uint flags = 0, uint expiry = 0, uint? options = null,
        Datatype datatype = Datatype.Raw) =>
        client.Raw.AskAsync(opcode, 0,
            [.. RawClient.U32(flags), .. RawClient.U32(expiry), .. RawClient.U64(rev), .. RawClient.U64(cas), .. options is { } set ? RawClient.U32(set) : []],
            DocumentClient.Key(key), Encoding.UTF8.GetBytes(value), datatype);
}
