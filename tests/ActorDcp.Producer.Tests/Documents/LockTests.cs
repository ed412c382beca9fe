using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

public sealed class LockTests
{
    [Fact]
    public async Task A_locked_document_changes_only_for_who_locked_it()
    {
        await using var client = await DocumentClient.StartAsync();
        var set = await client.SetAsync("k", "{}", flags: 7);
        Assert.Equal(Status.KeyNotFound, (await LockAsync(client, "none")).Status);
        var locked = await LockAsync(client, "k");
        Assert.Equal((Status.Success, "{}", Datatype.Json), (locked.Status, locked.ValueText, locked.Header.Datatype));
        Assert.True(locked.Header.Cas > set.Header.Cas);
        Assert.Equal(Status.Locked, (await LockAsync(client, "k")).Status);
        Assert.Equal(ulong.MaxValue, (await client.GetAsync("k")).Header.Cas);
        Assert.Equal(ulong.MaxValue, (await client.Raw.AskAsync(Opcode.GetMeta, key: DocumentClient.Key("k"))).Header.Cas);
        Assert.Equal(Status.Locked, (await client.SetAsync("k", "1")).Status);
        Assert.Equal(Status.Locked, (await client.SetAsync("k", "1", cas: set.Header.Cas)).Status);
        Assert.Equal(Status.Locked, (await client.DeleteAsync("k")).Status);
        Assert.Equal(Status.Locked, (await client.Raw.AskAsync(Opcode.Touch, extras: RawClient.U32(5), key: DocumentClient.Key("k"))).Status);
        Assert.Equal(Status.Locked, (await client.Raw.AskAsync(Opcode.Append, key: DocumentClient.Key("k"), value: "x"u8.ToArray())).Status);
        Assert.Equal(Status.Locked, (await client.PathAsync(Opcode.SubdocDictUpsert, "k", "a", "1")).Status);
        Assert.Equal(Status.SubdocPathNotFound, (await client.PathAsync(Opcode.SubdocExists, "k", "a")).Status);
        Assert.Equal(1ul, client.Producer.Bucket.HighSeqno(new VBucketId(0)).Value);
        Assert.Equal(Status.Success, (await client.SetAsync("k", "2", cas: locked.Header.Cas)).Status);
        Assert.Equal(Status.Success, (await client.SetAsync("k", "3")).Status);
    }

    [Fact]
    public async Task Unlocking_needs_the_locks_cas_which_stays()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", "{}");
        Assert.Equal(Status.NotLocked, (await UnlockAsync(client, "k", 1)).Status);
        Assert.Equal(Status.KeyNotFound, (await UnlockAsync(client, "none", 1)).Status);
        Assert.Equal(Status.InvalidArguments, (await UnlockAsync(client, "k", 0)).Status);
        var locked = await LockAsync(client, "k", 30);
        Assert.Equal(Status.Locked, (await UnlockAsync(client, "k", 1)).Status);
        Assert.Equal(Status.Success, (await UnlockAsync(client, "k", locked.Header.Cas)).Status);
        Assert.Equal(locked.Header.Cas, (await client.GetAsync("k")).Header.Cas);
        Assert.Equal(Status.Success, (await client.SetAsync("k", "1", cas: locked.Header.Cas)).Status);
    }

    [Fact]
    public async Task A_lock_ends_by_itself()
    {
        var clock = new ManualClock();
        await using var client = await DocumentClient.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, TimeProvider = clock });
        await client.SetAsync("k", "{}");
        await LockAsync(client, "k", 3);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Status.Locked, (await client.SetAsync("k", "1")).Status);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Status.Success, (await client.SetAsync("k", "1")).Status);
        await LockAsync(client, "k", 31);
        clock.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(Status.Locked, (await client.SetAsync("k", "1")).Status);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Status.Success, (await client.SetAsync("k", "1")).Status);
    }

    [Fact]
    public async Task Without_Xerror_a_lock_looks_like_another_version()
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", "{}");
        await LockAsync(client, "k");
        await using var old = await RawClient.LoginAsync(client.Producer, HelloFeature.SelectBucket);
        Assert.Equal(Status.KeyExists, (await old.AskAsync(Opcode.Set, 0, new byte[8], Encoding.UTF8.GetBytes("k"), "1"u8.ToArray())).Status);
    }

    private static Task<RawFrame> LockAsync(DocumentClient client, string key, uint? seconds = null) =>
        client.Raw.AskAsync(Opcode.GetLocked, extras: seconds is { } time ? RawClient.U32(time) : [], key: DocumentClient.Key(key));

    private static Task<RawFrame> UnlockAsync(DocumentClient client, string key, ulong cas) =>
        client.Raw.AskAsync(Opcode.UnlockKey, key: DocumentClient.Key(key), cas: cas);
}
