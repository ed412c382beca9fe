using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>The checks of dcp-reference.md 3.3 in their order: each request breaks a check and the next one too.</summary>
public sealed class StreamRequestTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task An_unknown_vbucket_is_answered_with_the_cluster_map_before_anything_else_is_looked_at()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.ControlAsync("enable_noop", "false");
        var answer = await client.StreamAsync(9, start: 5, end: 1, snapshotStart: 7, value: "{}");
        Assert.Equal(Status.NotMyVBucket, answer.Status);
        Assert.Contains("vBucketServerMap", answer.ValueText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Noop_comes_before_ranges_and_ranges_before_the_value()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.ControlAsync("enable_noop", "false");
        Assert.Equal(Status.NotSupported, (await client.StreamAsync(0, start: 5, end: 1, value: "{}")).Status);
        await client.ControlAsync("enable_noop", "true");
        Assert.Equal(Status.OutOfRange, (await client.StreamAsync(0, start: 5, end: 1, value: "{}")).Status);
        Assert.Equal(Status.OutOfRange, (await client.StreamAsync(0, start: 5, snapshotStart: 6, snapshotEnd: 9, value: "{}")).Status);
        Assert.Equal(Status.OutOfRange, (await client.StreamAsync(0, start: 5, snapshotStart: 1, snapshotEnd: 4, value: "{}")).Status);
    }

    [Theory]
    [InlineData("{}", Status.InvalidArguments)]
    [InlineData("nonsense", Status.InvalidArguments)]
    [InlineData("""{"collections":["0"],"scope":"0"}""", Status.InvalidArguments)]
    [InlineData("""{"collections":["9"]}""", Status.UnknownCollection)]
    [InlineData("""{"scope":"9"}""", Status.UnknownScope)]
    [InlineData("""{"sid":0}""", Status.DcpStreamIdInvalid)]
    [InlineData("""{"sid":65536}""", Status.DcpStreamIdInvalid)]
    [InlineData("""{"sid":"1"}""", Status.InvalidArguments)]
    [InlineData("""{"sid":1}""", Status.DcpStreamIdInvalid)]
    public async Task A_bad_value_is_refused_before_the_uuid_is_looked_at(string value, Status expected)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(expected, (await client.StreamAsync(0, start: 1, uuid: 1, value: value)).Status);
    }

    [Theory]
    [InlineData("""{"collections":["0"]}""")]
    [InlineData("""{"scope":"0"}""")]
    [InlineData("""{"uid":"5"}""")]
    public async Task The_default_collection_may_be_asked_for(string value)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, value: value)).Status);
        Assert.Equal("marker [0,3] 0x05", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task No_collections_give_nothing_but_the_seqno()
    {
        await using var producer = await StartAsync();
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, value: """{"collections":[]}""")).Status);
        Assert.Equal(["marker [0,3] 0x06", "advanced 3"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_second_stream_of_a_vbucket_is_refused_before_the_rollback_decision()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(Status.KeyExists, (await client.StreamAsync(0, start: 1, uuid: 1)).Status);
    }

    [Fact]
    public async Task A_seqno_from_the_future_is_rolled_back_by_a_known_uuid_and_out_of_range_when_the_branch_allows_it()
    {
        await using var producer = await StartAsync();
        var uuid = producer.Bucket.FailoverLog(Zero).NewestUuid.Value;
        await using var client = await RawClient.OpenDcpAsync(producer);
        var rollback = await client.StreamAsync(0, start: 9, uuid: uuid);
        Assert.Equal(Status.Rollback, rollback.Status);
        Assert.Equal(3ul, BinaryPrimitives.ReadUInt64BigEndian(rollback.Value));
        Assert.Equal(8, rollback.Value.Length);
    }

    [Fact]
    public async Task Success_carries_the_failover_log_newest_first()
    {
        await using var producer = await StartAsync();
        producer.Failover(Zero, new Seqno(2));
        await using var client = await RawClient.OpenDcpAsync(producer);
        var answer = await client.StreamAsync(0);
        var log = producer.Bucket.FailoverLog(Zero);
        Assert.Equal(2, log.Entries.Length);
        Assert.Equal(log.Entries.SelectMany(entry => RawClient.U64(entry.Uuid.Value).Concat(RawClient.U64(entry.Seqno.Value))), answer.Value);
    }

    [Theory]
    [InlineData(VBucketState.Replica, 0u, Status.Success)]
    [InlineData(VBucketState.Replica, 0x10u, Status.NotMyVBucket)]
    [InlineData(VBucketState.Pending, 0u, Status.NotMyVBucket)]
    [InlineData(VBucketState.Dead, 0u, Status.NotMyVBucket)]
    public async Task The_state_of_the_vbucket_decides_who_may_stream(VBucketState state, uint flags, Status expected)
    {
        await using var producer = await StartAsync();
        producer.SetState(Zero, state);
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(expected, (await client.StreamAsync(0, flags: flags)).Status);
    }

    [Fact]
    public async Task Flags_that_no_client_may_send_are_refused()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        foreach (var flags in (uint[])[0x08, 0x100, 0x200])
            Assert.Equal(Status.InvalidArguments, (await client.StreamAsync(0, flags: flags)).Status);
    }

    [Fact]
    public async Task From_latest_starts_at_the_high_seqno_without_a_uuid()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, flags: 0x40)).Status);
        producer.Bucket.Set(Zero, "new", "1"u8);
        Assert.Equal(["marker [3,4] 0x05", "mutation 4 \0new"], await client.ReadTextsAsync(2));
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        for (var i = 1; i <= 3; i++)
            producer.Bucket.Set(Zero, $"key{i}", "v"u8);
        return producer;
    }
}
