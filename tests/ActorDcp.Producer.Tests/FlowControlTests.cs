using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class FlowControlTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task A_window_of_one_byte_lets_one_message_through_per_acknowledgement()
    {
        await using var producer = await StartAsync(vbuckets: 1, writes: 5);
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1"));
        await client.StreamAsync(0);
        for (var i = 0; i < 6; i++)
        {
            var frame = await client.ReadAsync();
            await AssertNothingMoreIsSentAsync(client);
            await client.AckAsync((uint)frame.Length);
        }
    }

    [Fact]
    public async Task The_window_is_passed_by_one_message_at_most_and_charges_are_bytes_on_the_wire()
    {
        const int window = 1500;
        await using var producer = await StartAsync(vbuckets: 2, writes: 200);
        await using var client = await RawClient.OpenDcpAsync(producer, flags: 0x21, controls: [("connection_buffer_size", "1500"), ("enable_expiry_opcode", "true")]);
        await client.StreamAsync(0, flags: 4);
        await client.StreamAsync(1, flags: 4);
        long outstanding = 0;
        var events = 0;
        for (var ends = 0; ends < 2;)
        {
            var last = 0;
            while (outstanding < window && ends < 2)
            {
                var frame = await client.ReadAsync();
                last = frame.Length;
                outstanding += last;
                events += frame.IsEvent ? 1 : 0;
                ends += frame.Opcode == Opcode.DcpStreamEnd ? 1 : 0;
            }
            Assert.True(outstanding < window + last);
            if (ends == 2)
                break;
            await AssertNothingMoreIsSentAsync(client);
            await client.AckAsync((uint)outstanding);
            outstanding = 0;
        }
        Assert.Equal(400, events);
    }

    [Fact]
    public async Task Messages_of_ready_vbuckets_take_turns()
    {
        await using var producer = await StartAsync(vbuckets: 4, writes: 50);
        producer.StallDelivery();
        await using var client = await RawClient.OpenDcpAsync(producer);
        for (ushort vbucket = 0; vbucket < 4; vbucket++)
            await client.StreamAsync(vbucket);
        producer.ResumeDelivery();
        for (var round = 0; round < 51; round++)
        {
            var turn = new HashSet<ushort>();
            for (var i = 0; i < 4; i++)
                turn.Add((await client.ReadAsync()).Header.VBucketOrStatus);
            Assert.Equal(4, turn.Count);
        }
    }

    [Fact]
    public async Task Switching_the_window_off_lets_everything_through()
    {
        await using var producer = await StartAsync(vbuckets: 1, writes: 50);
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1"));
        await client.StreamAsync(0);
        await client.ReadAsync();
        await AssertNothingMoreIsSentAsync(client);
        await client.ControlAsync("connection_buffer_size", "0");
        Assert.Equal(50, (await client.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 50)).Count);
    }

    [Fact]
    public async Task Too_large_an_acknowledgement_counts_as_everything()
    {
        await using var producer = await StartAsync(vbuckets: 1, writes: 3);
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1"));
        await client.StreamAsync(0);
        await client.ReadAsync();
        await client.AckAsync(uint.MaxValue);
        Assert.Equal("mutation 1 \0key1", (await client.ReadAsync()).ToString());
        await AssertNothingMoreIsSentAsync(client);
    }

    /// <summary>The producer answers in order, so when an answer comes and nothing stood before it, nothing was sent.</summary>
    private static async Task AssertNothingMoreIsSentAsync(RawClient client)
    {
        for (var i = 0; i < 2; i++)
            Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Noop)).Status);
        Assert.Equal(0, client.SkippedCount);
    }

    private static async Task<EmbeddedProducer> StartAsync(int vbuckets, int writes)
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = vbuckets });
        for (var vbucket = 0; vbucket < vbuckets; vbucket++)
            for (var i = 1; i <= writes; i++)
                producer.Bucket.Set(VBucketId.From(vbucket), $"key{i}", "some value or other"u8);
        Assert.Equal((ulong)writes, producer.Bucket.HighSeqno(Zero).Value);
        return producer;
    }
}
