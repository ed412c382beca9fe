using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Documents;

/// <summary>The frequency byte of mutations (dcp-reference.md 3.9).</summary>
public sealed class FrequencyTests
{
    private const int ManyReads = 2_000;
    private static readonly VBucketId Zero = new(0);

    [Theory]
    [InlineData(4, 2)]
    [InlineData(31, 2)]
    [InlineData(32, 1)]
    [InlineData(64, 0)]
    [InlineData(3, 3)]
    public void Two_bits_tell_a_counter_roughly(byte counter, byte bits) => Assert.Equal(bits, FrequencyCounter.ToTwoBits(counter));

    [Fact]
    public void A_counter_stops_at_its_highest() => Assert.Equal(byte.MaxValue, FrequencyCounter.Next(byte.MaxValue));

    [Fact]
    public async Task A_document_that_is_read_often_says_so_and_so_does_its_next_version()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Set(Zero, "read", "1"u8);
        producer.Bucket.Set(Zero, "not", "1"u8);
        for (var i = 0; i < ManyReads; i++)
            producer.Bucket.Find(Zero).Get("\0read"u8);
        producer.Bucket.Set(Zero, "read", "2"u8);

        Assert.Equal(["not 4", "read more"], await FrequenciesAsync(producer, counters: true));
        Assert.Equal(["not 2", "read 0"], await FrequenciesAsync(producer, counters: false));
    }

    [Fact]
    public async Task A_key_that_comes_back_while_its_tombstone_is_in_memory_is_used_least()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Ephemeral = true });
        producer.Bucket.Set(Zero, "back", "1"u8);
        producer.Bucket.Delete(Zero, "back");
        producer.Bucket.Set(Zero, "back", "2"u8);

        Assert.Equal(["back 3"], await FrequenciesAsync(producer, counters: false));
    }

    private static async Task<IEnumerable<string>> FrequenciesAsync(EmbeddedProducer producer, bool counters)
    {
        await using var client = await RawClient.OpenDcpAsync(producer);
        if (counters)
            await client.ControlAsync("supports_hifi_MFU", "true");
        await client.StreamAsync(0, end: producer.Bucket.Find(Zero).HighSeqno);
        var frames = await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd);
        return frames.Where(frame => frame.Opcode == Opcode.DcpMutation)
            .Select(frame => $"{System.Text.Encoding.ASCII.GetString(frame.Key).TrimStart('\0')} {(frame.Extras[^1] > 64 ? "more" : frame.Extras[^1])}");
    }
}
