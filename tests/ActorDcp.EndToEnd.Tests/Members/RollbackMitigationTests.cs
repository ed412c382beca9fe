using System.Text.Json;
using ActorDcp.Group;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>A group that hands on only what every copy has on disk.</summary>
public sealed class RollbackMitigationTests
{
    [Fact]
    public async Task What_a_replica_does_not_have_is_held_until_it_has_it()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        var vbucket = ActiveOnFirstNode(producer);
        producer.Bucket.Set(vbucket, "before", "{}"u8);
        var lines = folder.File("out.jsonl");
        await using var member = await TestMember.StartAsync(producer, folder.Path, null, Settings(lines));
        await member.CaughtUpAsync(producer);

        await producer.StopNodeAsync(1);
        producer.Bucket.Set(vbucket, "held", "{}"u8);
        var high = producer.Bucket.HighSeqno(vbucket).Value;
        await Eventually.TrueAsync(async () => (await RowAsync(member, vbucket)).Received == high, () => "not received");
        Assert.Equal(high - 1, (await RowAsync(member, vbucket)).Handled);
        Assert.True(await UnacknowledgedAsync(member) > 0, "what is held left the window");
        await producer.StartNodeAsync(1);
        await producer.WaitForReplicasAsync();

        await member.CaughtUpAsync(producer);
        Assert.Equal(["before", "held"], Keys(lines));
        await Eventually.TrueAsync(async () => await UnacknowledgedAsync(member) == 0, () => "what was held is still in the window");
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_changes_are_held_loses_none_and_repeats_none()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        var vbucket = ActiveOnFirstNode(producer);
        var lines = folder.File("out.jsonl");
        await using var member = await TestMember.StartAsync(producer, folder.Path, null, Settings(lines));
        await member.CaughtUpAsync(producer);
        await producer.StopNodeAsync(1);
        producer.Bucket.Set(vbucket, "held", "{}"u8);
        await Eventually.TrueAsync(async () => (await RowAsync(member, vbucket)).Received == 1, () => "not received");

        producer.DropConnections();
        producer.Bucket.Set(vbucket, "behind it", "{}"u8);
        await producer.StartNodeAsync(1);
        await producer.WaitForReplicasAsync();

        await member.CaughtUpAsync(producer);
        Assert.Equal(["held", "behind it"], Keys(lines));
    }

    [Fact]
    public async Task A_map_without_the_replica_lets_go_what_waited_for_it()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        var vbucket = ActiveOnFirstNode(producer);
        var lines = folder.File("out.jsonl");
        await using var member = await TestMember.StartAsync(producer, folder.Path, null, Settings(lines));
        await member.CaughtUpAsync(producer);
        await producer.StopNodeAsync(1);
        producer.Bucket.Set(vbucket, "held", "{}"u8);
        await Eventually.TrueAsync(async () => (await RowAsync(member, vbucket)).Received == 1, () => "not received");
        Assert.Equal(0UL, (await RowAsync(member, vbucket)).Handled);

        await producer.FailOverNodeAsync(1);

        await member.CaughtUpAsync(producer);
        Assert.Equal(["held"], Keys(lines));
    }

    [Fact]
    public async Task Changes_that_die_in_a_failover_never_reach_the_handler()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        var vbucket = ActiveOnFirstNode(producer);
        producer.Bucket.Set(vbucket, "kept", "{}"u8);
        await producer.WaitForReplicasAsync();
        var lines = folder.File("out.jsonl");
        await using var member = await TestMember.StartAsync(producer, folder.Path, null, Settings(lines));
        await member.CaughtUpAsync(producer);

        // the replica is away, and the only node that has the change dies
        await producer.StopNodeAsync(1);
        producer.Bucket.Set(vbucket, "lost", "{}"u8);
        var high = producer.Bucket.HighSeqno(vbucket).Value;
        await Eventually.TrueAsync(async () => (await RowAsync(member, vbucket)).Received == high, () => "not received");
        await producer.StopNodeAsync(0, clean: false);
        await producer.StartNodeAsync(1);
        await producer.FailOverNodeAsync(0);
        producer.Bucket.Set(vbucket, "new", "{}"u8);

        await member.CaughtUpAsync(producer);
        Assert.Equal(["kept", "new"], Keys(lines));
        // the branch is new, but there is nothing to undo
        Assert.All(
            Read(lines).Where(line => line.GetProperty("type").GetString() == "rolled_back"),
            line => Assert.Equal(line.GetProperty("from").GetUInt64(), line.GetProperty("to").GetUInt64()));
    }

    [Fact]
    public async Task An_ephemeral_bucket_is_refused()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).Ephemeral());

        var refusal = await Assert.ThrowsAsync<GroupConflictException>(async () =>
            await (await TestMember.StartAsync(producer, folder.Path, null, Settings(folder.File("out.jsonl")))).DisposeAsync());

        Assert.Contains("is Ephemeral", refusal.Message, StringComparison.Ordinal);
    }

    private static Task<EmbeddedProducer> StartAsync() => EmbeddedProducer.StartAsync(o => o.VBuckets(4).Nodes(2).Replicas(1));

    private static VBucketId ActiveOnFirstNode(EmbeddedProducer producer) =>
        Enumerable.Range(0, producer.Bucket.VBucketCount).Select(VBucketId.From).First(vbucket => producer.ActiveNodeOf(vbucket) == producer.Nodes[0]);

    private static (string, string)[] Settings(string lines) =>
        [("ActorDcp:Stream:RollbackMitigationInterval", "50ms"), ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)];

    private static async Task<Hosting.Http.VBucketStatus> RowAsync(TestMember member, VBucketId vbucket) =>
        (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Single(row => row.Vb == vbucket.Value);

    private static async Task<long> UnacknowledgedAsync(TestMember member) =>
        (await member.Group.GetStatusAsync(CancellationToken.None)).Nodes.Sum(node => node.Unacknowledged);

    private static List<string> Keys(string path) =>
        [.. Read(path).Where(line => line.GetProperty("type").GetString() == "mutation").Select(line => line.GetProperty("key").GetString()!)];

    private static IEnumerable<JsonElement> Read(string path) => File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement);
}
