using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class FirstStreamTests
{
    [Fact]
    public async Task A_document_set_over_a_socket_arrives_on_a_stream()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var writer = await RawClient.LoginAsync(producer);
        var vbucket = producer.Bucket.VBucketOf("k1");
        var answer = await writer.SetAsync(vbucket.Value, "k1", """{"a":1}""", flags: 7);
        Assert.Equal(Status.Success, answer.Status);

        await using var reader = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.Success, (await reader.StreamAsync(vbucket.Value)).Status);

        Assert.Equal("marker [0,1] 0x05", (await reader.ReadAsync()).ToString());
        var mutation = await reader.ReadAsync();
        Assert.Equal(Opcode.DcpMutation, mutation.Opcode);
        Assert.Equal("\0k1", Encoding.UTF8.GetString(mutation.Key));
        Assert.Equal("""{"a":1}""", mutation.ValueText);
        Assert.Equal(Datatype.Json, mutation.Header.Datatype);
        Assert.Equal(answer.Header.Cas, mutation.Header.Cas);
    }

    [Fact]
    public async Task Writes_of_the_process_arrive_while_streaming()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var reader = await RawClient.OpenDcpAsync(producer);
        await reader.StreamAsync(0);
        for (var i = 1; i <= 100; i++)
            producer.Bucket.Set($"k{i}", "value");
        var frames = await reader.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 100);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (ulong)i), frames.Where(frame => frame.IsEvent).Select(frame => frame.Seqno));
    }

    [Fact]
    public async Task A_loaded_bucket_streams_completely()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, CheckpointMaxItems = 100 });
        producer.Bucket.Load(20_000);
        await using var reader = await RawClient.OpenDcpAsync(producer);
        for (ushort vbucket = 0; vbucket < 4; vbucket++)
            await reader.StreamAsync(vbucket, flags: 4);
        var ends = 0;
        var frames = await reader.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd && ++ends == 4);
        Assert.Equal(20_000, frames.Count(frame => frame.IsEvent));
        Assert.Equal(20_000, frames.Where(frame => frame.IsEvent).Select(frame => Encoding.UTF8.GetString(frame.Key)).Distinct().Count());
    }
}
