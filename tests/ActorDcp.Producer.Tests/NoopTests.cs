using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class NoopTests
{
    [Fact]
    public async Task Noops_count_in_host_byte_order_and_wait_for_their_answer()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("set_noop_interval", "0.1"));
        var first = await client.ReadAsync();
        Assert.Equal(Opcode.DcpNoop, first.Opcode);
        Assert.Equal(0x81969800u, first.Header.Opaque);
        await client.ReplyAsync(first);
        Assert.Equal(0x82969800u, (await client.ReadAsync()).Header.Opaque);
    }

    [Fact]
    public async Task A_noop_answered_with_another_opaque_drops_the_connection()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("set_noop_interval", "0.1"));
        await client.ReplyAsync(await client.ReadAsync(), opaque: 1);
        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task A_silent_consumer_is_dropped_after_the_idle_timeout()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { DcpIdleTimeout = TimeSpan.FromMilliseconds(300) });
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task Noops_go_out_while_the_window_is_full()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Set("a", "v");
        await using var client = await RawClient.OpenDcpAsync(producer, controls: [("connection_buffer_size", "1"), ("set_noop_interval", "0.1")]);
        await client.StreamAsync(0);
        var frames = await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpNoop && frame.Header.Opaque == 0x81969800u);
        Assert.DoesNotContain(frames, frame => frame.IsEvent);
    }

    [Theory]
    [InlineData(Status.InvalidArguments)]
    [InlineData(Status.OutOfMemory)]
    public async Task A_marker_answered_with_an_error_is_tolerated(Status status)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Set("a", "v");
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        await client.ReplyAsync(await client.ReadAsync(), status);
        Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Noop)).Status);
    }

    [Theory]
    [InlineData("set_noop_interval", "0.05")]
    [InlineData("set_noop_interval", "soon")]
    [InlineData("backfill_order", "sideways")]
    [InlineData("set_priority", "urgent")]
    [InlineData("connection_buffer_size", "-1")]
    [InlineData("enable_ext_metadata", "true")]
    [InlineData("max_marker_version", "2.1")]
    [InlineData("include_deleted_user_xattrs", "true")]
    [InlineData("cache_transfer", "true")]
    public async Task Controls_that_cannot_be_are_refused(string key, string value)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.InvalidArguments, (await client.TryControlAsync(key, value)).Status);
    }

    [Theory]
    [InlineData("stream_buffer_size", "1")]
    [InlineData("change_streams", "true")]
    public async Task Controls_that_are_not_supported_say_so(string key, string value)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.NotSupported, (await client.TryControlAsync(key, value)).Status);
    }
}
