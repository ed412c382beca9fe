using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Tests.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>A consumer that takes a vbucket over, message by message (dcp-reference.md 3.8, 3.17, 4.6).</summary>
public sealed class TakeOverTests : IAsyncLifetime
{
    private const uint TakeOver = 1;
    private static readonly VBucketId Zero = new(0);
    private EmbeddedProducer _producer = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2 });
        _client = await RawClient.OpenDcpAsync(_producer, name: "taker");
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _producer.DisposeAsync();
    }

    [Fact]
    public async Task All_is_sent_and_acknowledged_then_the_consumer_is_pending_the_rest_sent_and_the_consumer_active()
    {
        Write("a", "b");
        await _client.StreamAsync(0, flags: TakeOver);
        var marker = await _client.ReadAsync();
        Assert.Equal("marker [0,2] 0x0d", marker.ToString());
        Assert.Equal(["mutation 1 \0a", "mutation 2 \0b"], await _client.ReadTextsAsync(2));

        await _client.ReplyAsync(marker);
        var pending = await _client.ReadAsync();
        Assert.Equal("state 3", pending.ToString());
        Assert.Equal(VBucketState.Active, _producer.Nodes[0].StateOf(Zero));
        Write("c");
        Assert.Equal(0, _client.SkippedCount);

        await _client.ReplyAsync(pending);
        var rest = await _client.ReadAsync();
        Assert.Equal("marker [3,3] 0x09", rest.ToString());
        Assert.Equal("mutation 3 \0c", (await _client.ReadAsync()).ToString());
        Assert.Equal(VBucketState.Dead, _producer.Nodes[0].StateOf(Zero));
        await _client.ReplyAsync(rest);
        var active = await _client.ReadAsync();
        Assert.Equal("state 1", active.ToString());
        Assert.Empty(active.FramingExtras);

        await _client.ReplyAsync(active);
        Assert.Equal("end 0", (await _client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task An_empty_vbucket_changes_hands_without_a_snapshot()
    {
        await _client.StreamAsync(0, flags: TakeOver);

        await AnswerAsync("state 3");
        await AnswerAsync("state 1");

        Assert.Equal("end 0", (await _client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task From_the_moment_the_consumer_is_pending_the_node_takes_no_requests_for_it_and_its_map_names_nobody()
    {
        await using var data = await RawClient.LoginAsync(_producer);
        Write("a");
        await _client.StreamAsync(0, flags: TakeOver);
        await AnswerAsync("marker [0,1] 0x0d", events: 1);
        await AnswerAsync("state 3");
        await _client.ReadUntilAsync(frame => frame.ToString() == "state 1");

        var refused = await data.SetAsync(0, "k", "v");

        Assert.Equal(Status.NotMyVBucket, refused.Status);
        Assert.Contains("\"vBucketMap\":[[-1],[0]]", refused.ValueText, StringComparison.Ordinal);
        Assert.Equal(Status.NotMyVBucket, (await _client.StreamAsync(0)).Status);
        Assert.ThrowsAny<InvalidOperationException>(() => _producer.Bucket.Set(Zero, "k", "v"u8));
    }

    [Fact]
    public async Task Streams_of_others_stay_open_and_silent()
    {
        await using var another = await RawClient.OpenDcpAsync(_producer);
        Write("a");
        await another.StreamAsync(0);
        await another.ReadUntilAsync(frame => frame.IsEvent);
        await _client.StreamAsync(0, flags: TakeOver);
        await AnswerAsync("marker [0,1] 0x0d", events: 1);
        await AnswerAsync("state 3");
        await AnswerAsync("state 1");
        await _client.ReadUntilAsync(frame => frame.ToString() == "end 0");

        await another.AskAsync(Opcode.Noop);

        Assert.Equal(0, another.SkippedCount);
    }

    [Fact]
    public async Task A_backfill_needs_no_acknowledgement()
    {
        Write("a", "b");
        _producer.ExpelCheckpoints(Zero);

        await _client.StreamAsync(0, flags: TakeOver);

        Assert.Equal(["marker [0,2] 0x06", "mutation 1 \0a", "mutation 2 \0b", "state 3"], await _client.ReadTextsAsync(4));
    }

    [Fact]
    public async Task Until_it_is_pending_a_consumer_that_goes_away_leaves_everything_as_it_was()
    {
        Write("a");
        await _client.StreamAsync(0, flags: TakeOver);
        await AnswerAsync("marker [0,1] 0x0d", events: 1);
        Assert.Equal("state 3", (await _client.ReadAsync()).ToString());

        await _client.DisposeAsync();
        await Wait.UntilAsync(() => _producer.ConnectionCount == 0);

        Write("b");
        Assert.Equal(VBucketState.Active, _producer.Nodes[0].StateOf(Zero));
    }

    [Fact]
    public async Task A_state_that_the_consumer_refuses_is_not_taken_for_a_yes()
    {
        await _client.StreamAsync(0, flags: TakeOver);
        var pending = await _client.ReadAsync();

        await _client.ReplyAsync(pending, Status.InvalidArguments);
        await _client.WaitForCloseAsync();

        Assert.Equal(VBucketState.Active, _producer.Nodes[0].StateOf(Zero));
    }

    [Fact]
    public async Task A_replica_cannot_be_taken_over()
    {
        _producer.SetState(Zero, VBucketState.Replica);

        Assert.Equal(Status.NotMyVBucket, (await _client.StreamAsync(0, flags: TakeOver)).Status);
    }

    [Fact]
    public async Task The_statistics_tell_how_far_it_has_come()
    {
        Write("a");
        await _client.StreamAsync(0, flags: TakeOver);
        var marker = await _client.ReadAsync();
        await _client.ReadAsync();
        Assert.Equal("takeover-send", await StateAsync());

        await _client.ReplyAsync(marker);
        await _client.ReadUntilAsync(frame => frame.ToString() == "state 3");

        Assert.Equal("takeover-wait", await StateAsync());
    }

    private async Task<string> StateAsync()
    {
        await using var data = await RawClient.LoginAsync(_producer);
        Assert.Equal("in-memory", (await data.StatisticsAsync("dcp-vbtakeover 0 taker")).ToDictionary()["status"]);
        return (await data.StatisticsAsync("dcp")).ToDictionary()["eq_dcpq:taker:stream_0_state"];
    }

    private async Task AnswerAsync(string expected, int events = 0)
    {
        var frame = await _client.ReadAsync();
        Assert.Equal(expected, frame.ToString());
        for (var i = 0; i < events; i++)
            Assert.True((await _client.ReadAsync()).IsEvent);
        await _client.ReplyAsync(frame);
    }

    private void Write(params string[] keys)
    {
        foreach (var key in keys)
            _producer.Bucket.Set(Zero, key, "v"u8);
    }
}
