using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>Several streams of a vbucket on one connection (dcp-reference.md 3.19), as in the streamid captures.</summary>
public sealed class StreamIdTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task Streams_with_ids_carry_them_in_every_message_and_end_on_their_own()
    {
        await using var producer = await StartAsync();
        await using var client = await OpenAsync(producer);
        await client.StreamAsync(0, value: """{"sid":1,"collections":["8"]}""");
        await client.StreamAsync(0, value: """{"sid":513,"collections":["0"]}""");
        var first = await ReadAsync(client, 1, 4);
        Assert.Equal(["marker [0,5] 0x06", "event 1 0 v0 c8 00000000000000010000000000000008", "mutation 3 \bk", "advanced 5"], first);
        Assert.Equal(["marker [0,5] 0x06", "mutation 5 \0k"], await ReadAsync(client, 513, 2));

        RecordedBucket.Write(producer, 8, "live");
        Assert.Equal(["marker [6,6] 0x05", "mutation 6 \blive"], await ReadAsync(client, 1, 2));
        RecordedBucket.Write(producer, 0, "live");
        Assert.Equal(["marker [6,7] 0x05", "mutation 7 \0live"], await ReadAsync(client, 513, 2));
        producer.Bucket.Collections.DropCollection("", "c8");
        Assert.Equal(["marker [8,8] 0x05", "event 8 1 v0  00000000000000030000000000000008", "end 7"], await ReadAsync(client, 1, 3));
        producer.SetState(Zero, VBucketState.Dead);
        Assert.Equal(["end 2"], await ReadAsync(client, 513, 1));
    }

    [Theory]
    [InlineData("", Status.DcpStreamIdInvalid)]
    [InlineData("""{"sid":1}""", Status.KeyExists)]
    [InlineData("""{"sid":0}""", Status.DcpStreamIdInvalid)]
    [InlineData("""{"sid":65536}""", Status.DcpStreamIdInvalid)]
    [InlineData("""{"sid":"3"}""", Status.InvalidArguments)]
    [InlineData("""{"sid":65535}""", Status.Success)]
    public async Task Ids_are_checked(string value, Status expected)
    {
        await using var producer = await StartAsync();
        await using var client = await OpenAsync(producer);
        await client.StreamAsync(0, value: """{"sid":1,"collections":["8"]}""");
        Assert.Equal(expected, (await client.StreamAsync(0, value: value)).Status);
    }

    [Fact]
    public async Task A_stream_is_closed_by_its_id()
    {
        await using var producer = await StartAsync();
        await using var client = await OpenAsync(producer);
        await client.StreamAsync(0, value: """{"sid":2,"collections":["8"]}""");
        await ReadAsync(client, 2, 4);
        async Task<RawFrame> CloseAsync(uint opaque, byte[]? framing)
        {
            await client.SendAsync(Opcode.DcpCloseStream, 0, opaque, framing: framing);
            return await client.ReadAsync();
        }
        Assert.Equal(Status.DcpStreamIdInvalid, (await CloseAsync(901, null)).Status);
        Assert.Equal(Status.DcpStreamIdInvalid, (await CloseAsync(902, [0x22, 0, 77])).Status);
        Assert.Equal(Status.Success, (await CloseAsync(903, [0x22, 0, 2])).Status);
        Assert.Equal(["end 1"], await ReadAsync(client, 2, 1));
    }

    [Theory]
    [InlineData(0x05u, 3)]
    [InlineData(0x25u, 0)]
    public async Task Deletions_with_delete_times_forget_to_announce_the_id_on_plain_connections(uint flags, byte announced)
    {
        await using var producer = await StartAsync();
        producer.Bucket.Delete(9, Zero, "k");
        await using var client = await OpenAsync(producer, flags);
        await client.StreamAsync(0, value: """{"sid":2,"collections":["9"]}""");
        var deletion = (await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpDeletion))[^1];
        Assert.Equal(announced, deletion.Bytes.Span[2]);
        Assert.Equal("deletion 6 \tk", deletion.ToString());
    }

    private static async Task<string[]> ReadAsync(RawClient client, ushort streamId, int count)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var frame = await client.ReadAsync();
            Assert.Equal(Magic.FlexibleRequest, frame.Header.Magic);
            Assert.Equal([0x22, (byte)(streamId >> 8), (byte)streamId], frame.FramingExtras);
            texts[i] = frame.ToString();
        }
        return texts;
    }

    private static Task<RawClient> OpenAsync(EmbeddedProducer producer, uint flags = 0x25) => RawClient.OpenDcpAsync(
        producer, flags, controls: [("enable_stream_id", "true"), ("send_stream_end_on_client_close_stream", "true")]);

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.CreateCollection("", "c8");
        producer.Bucket.Collections.CreateCollection("", "c9");
        RecordedBucket.Write(producer, 8, "k");
        RecordedBucket.Write(producer, 9, "k");
        RecordedBucket.Write(producer, 0, "k");
        producer.ExpelCheckpoints(Zero);
        return producer;
    }
}
