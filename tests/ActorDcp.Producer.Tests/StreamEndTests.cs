using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class StreamEndTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task A_stream_that_starts_at_its_end_ends_at_once()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, end: 0);
        Assert.Equal("end 0", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task A_stream_to_a_seqno_ends_after_the_snapshot_that_reaches_it()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, end: 2);
        Assert.Equal(["marker [0,5] 0x05", "mutation 1 \0key1", "mutation 2 \0key2", "mutation 3 \0key3", "mutation 4 \0key4", "mutation 5 \0key5", "end 0"],
            await client.ReadTextsAsync(7));
    }

    [Theory]
    [InlineData(0x02u, "marker [0,5] 0x06")]
    [InlineData(0x04u, "marker [0,5] 0x05")]
    public async Task Disk_only_and_to_latest_end_where_the_vbucket_stood(uint flags, string marker)
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, flags: flags);
        var texts = await client.ReadTextsAsync(7);
        Assert.Equal(marker, texts[0]);
        Assert.Equal("end 0", texts[6]);
    }

    [Fact]
    public async Task Closing_ends_with_reason_one_only_if_that_was_asked_for()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, start: 0);
        await client.ReadTextsAsync(6);
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.DcpCloseStream)).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.DcpCloseStream)).Status);
        producer.Bucket.Set(Zero, "unseen", "v"u8);
        await client.ControlAsync("send_stream_end_on_client_close_stream", "true");
        Assert.Equal(0, client.SkippedCount);

        await client.StreamAsync(0, flags: 0x40);
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.DcpCloseStream)).Status);
        Assert.Equal("end 1", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task Losing_the_newest_changes_ends_streams_and_begins_a_branch_there()
    {
        await using var producer = await StartAsync();
        var old = producer.Bucket.FailoverLog(Zero).NewestUuid;
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        await client.ReadTextsAsync(6);
        producer.LoseNewest(Zero, 2);
        Assert.Equal("end 2", (await client.ReadAsync()).ToString());
        Assert.Equal(new Seqno(3), producer.Bucket.HighSeqno(Zero));
        Assert.Equal([new Seqno(3), Seqno.Zero], producer.Bucket.FailoverLog(Zero).Entries.Select(entry => entry.Seqno));
        Assert.Null(producer.Bucket.Get("key5"));

        var answer = await client.StreamAsync(0, start: 5, uuid: old.Value);
        Assert.Equal(Status.Rollback, answer.Status);
        Assert.Equal(RawClient.U64(3), answer.Value);
    }

    [Fact]
    public async Task A_lost_change_gives_the_version_it_replaced_back()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Set("a", "first");
        producer.Bucket.Set("b", "x");
        producer.Bucket.Set("a", "second");
        producer.Bucket.Delete("b");
        producer.LoseNewest(Zero, 2);
        Assert.Equal("first"u8.ToArray(), producer.Bucket.Get("a")!.Value.ToArray());
        Assert.Equal("x"u8.ToArray(), producer.Bucket.Get("b")!.Value.ToArray());
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(["marker [0,2] 0x06", "mutation 1 \0a", "mutation 2 \0b"], await client.ReadTextsAsync(3));
    }

    [Fact]
    public async Task A_change_of_state_ends_streams_with_reason_two()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, flags: 0x40);
        producer.SetState(Zero, VBucketState.Dead);
        Assert.Equal("end 2", (await client.ReadAsync()).ToString());
    }

    [Theory]
    [InlineData(VBucketState.Replica)]
    [InlineData(VBucketState.Pending)]
    public async Task What_was_a_replica_meanwhile_begins_a_branch_at_the_start_of_its_open_checkpoint(VBucketState meanwhile)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, CheckpointMaxItems = 10 });
        for (var i = 0; i < 25; i++)
            producer.Bucket.Set(Zero, $"k{i}", "v"u8);
        var before = producer.Bucket.FailoverLog(Zero).NewestUuid.Value;

        producer.SetState(Zero, meanwhile);
        producer.SetState(Zero, VBucketState.Active);

        var branch = Assert.Single(producer.Bucket.FailoverLog(Zero).Entries[..^1]);
        Assert.Equal(new Seqno(21), branch.Seqno);
        Assert.Equal(new Seqno(25), producer.Bucket.HighSeqno(Zero));
        await using var client = await RawClient.OpenDcpAsync(producer);
        var answer = await client.StreamAsync(0, start: 25, uuid: before);
        Assert.Equal((Status.Rollback, Convert.ToHexString(RawClient.U64(21))), (answer.Status, Convert.ToHexString(answer.Value)));
    }

    [Fact]
    public async Task A_purge_that_passes_a_waiting_stream_ends_it_and_the_next_request_rolls_back()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Delete(Zero, "key1");
        producer.Bucket.Set(Zero, "last", "v"u8);
        producer.ExpelCheckpoints(Zero);
        producer.StallDelivery();
        await using var client = await RawClient.OpenDcpAsync(producer);
        var uuid = producer.Bucket.FailoverLog(Zero).NewestUuid.Value;
        await client.StreamAsync(0, start: 2, uuid: uuid);
        producer.PurgeTombstones(Zero, new Seqno(6));
        producer.ResumeDelivery();
        Assert.Equal("end 2", (await client.ReadAsync()).ToString());
        Assert.Equal(Status.Rollback, (await client.StreamAsync(0, start: 2, uuid: uuid)).Status);
    }

    [Fact]
    public async Task A_second_connection_of_the_same_name_drops_the_first()
    {
        await using var producer = await StartAsync();
        await using var first = await RawClient.OpenDcpAsync(producer, name: "same");
        await using var second = await RawClient.OpenDcpAsync(producer, name: "same");
        await first.WaitForCloseAsync();
        Assert.Equal(Status.Success, (await second.StreamAsync(0)).Status);
    }

    [Fact]
    public async Task Stream_ids_allow_two_streams_of_a_vbucket_and_mark_their_messages()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("enable_stream_id", "true"));
        Assert.Equal(Status.DcpStreamIdInvalid, (await client.StreamAsync(0)).Status);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, flags: 4, value: """{"sid":7}""")).Status);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, flags: 4, value: """{"sid":8}""")).Status);
        var ends = 0;
        var frames = await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd && ++ends == 2);
        Assert.Equal(14, frames.Count);
        Assert.All(frames, frame => Assert.Equal((Magic.FlexibleRequest, 3), (frame.Header.Magic, frame.Header.FramingExtrasLength)));
        Assert.Equal(7, frames.Count(frame => frame.FramingExtras.SequenceEqual(new byte[] { 0x22, 0, 7 })));
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        for (var i = 1; i <= 5; i++)
            producer.Bucket.Set(Zero, $"key{i}", "v"u8);
        return producer;
    }
}
