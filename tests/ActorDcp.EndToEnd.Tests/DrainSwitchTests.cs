using System.Text.Json;
using ActorDcp.Client;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Host.Drain;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>What the switches of a drain select, and in which order it comes.</summary>
public sealed class DrainSwitchTests
{
    private static readonly VBucketId VBucket = new(0);

    [Fact]
    public async Task Collections_and_scopes_are_found_by_name_and_by_number()
    {
        await using var producer = await StartAsync();
        var options = DrainFixture.Options(producer);
        var number = producer.Bucket.Collection("inventory", "hotels").Id;

        Assert.Equal(["h0", "h1", "h2"], Keys(await DrainFixture.DrainAsync(options with { Collections = ["inventory.hotels"] })));
        Assert.Equal(["h0", "h1", "h2"], Keys(await DrainFixture.DrainAsync(options with { Collections = [$"0x{number:x}"] })));
        Assert.Equal(["h0", "h1", "h2"], Keys(await DrainFixture.DrainAsync(options with { Collections = ["inventory.hotels", $"{number}"] })));
        Assert.Equal(["a0", "a1", "a2", "h0", "h1", "h2"], Keys(await DrainFixture.DrainAsync(options with { Scope = "inventory" })));
        Assert.Equal(["a0", "a1", "a2", "d0", "d1", "d2", "h0", "h1", "h2"], Keys(await DrainFixture.DrainAsync(options)));
    }

    [Fact]
    public async Task Streams_with_ids_bring_the_same()
    {
        await using var producer = await StartAsync();
        var options = DrainFixture.Options(producer) with { Collections = ["inventory.hotels", "inventory.airlines"] };

        Assert.Equal(
            ["a0", "a1", "a2", "h0", "h1", "h2"],
            Keys(await DrainFixture.DrainAsync(options with { Connection = options.Connection with { StreamIds = true } })));
    }

    [Fact]
    public async Task An_out_of_order_backfill_shows_its_bounds_and_ends_where_it_should()
    {
        await using var producer = await StartAsync();
        await producer.Bucket.FlushAsync();
        producer.ExpelCheckpoints(VBucket);
        var options = DrainFixture.Options(producer) with { Collections = ["inventory.hotels"] };

        var lines = await DrainFixture.DrainAsync(options with { Connection = options.Connection with { Oso = true } });

        Assert.Equal([true, false], lines.Where(line => Type(line) == "oso").Select(line => line.GetProperty("begin").GetBoolean()));
        Assert.Equal(["h0", "h1", "h2"], lines.Where(line => Type(line) == "mutation").Select(line => line.GetProperty("key").GetString()));
        Assert.Equal("ok", lines[^1].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task An_out_of_order_backfill_that_breaks_off_does_not_hide_where_to_end()
    {
        await using var producer = await StartAsync();
        await producer.Bucket.FlushAsync();
        producer.ExpelCheckpoints(VBucket);
        var opened = 0;
        await using var relay = new FrameRelay(
            producer.Endpoint.Port,
            toProducer: frame =>
            {
                if (FrameRelay.Opcode(frame) == (byte)Opcode.DcpOpen)
                    opened++;
                // from the second connection on the node knows no such order
                if (opened > 1 && FrameRelay.Opcode(frame) == (byte)Opcode.DcpControl && Frame.Read(frame).Key.SequenceEqual("enable_out_of_order_snapshots"u8))
                    frame[FrameHeader.Size] = (byte)'x';
                return [frame];
            },
            toClient: (connection, frame) =>
            {
                if (connection > 0 || FrameRelay.Opcode(frame) != (byte)Opcode.DcpOsoSnapshot || Frame.Read(frame).Extras[^1] != 2)
                    return [frame];
                producer.Bucket.Collection("inventory", "hotels").Set(VBucket, "beyond the end", "{}"u8);
                throw new IOException("cut");
            });
        var options = DrainFixture.Options($"couchbase://127.0.0.1:{relay.Port}");
        options = options with
        {
            Collections = ["inventory.hotels"],
            Connection = options.Connection with { Oso = true },
            Until = new DrainEnd.At(OffsetsOf(producer, 12)),
        };

        var lines = await DrainFixture.DrainAsync(options);

        var keys = lines.Where(line => Type(line) == "mutation").Select(line => line.GetProperty("key").GetString());
        Assert.Equal(["h0", "h1", "h2", "h2", "h1", "h0"], keys);
    }

    [Fact]
    public async Task A_file_of_offsets_says_where_to_begin_and_where_to_end()
    {
        await using var producer = await StartAsync();
        var (from, until) = (OffsetsOf(producer, 5), OffsetsOf(producer, 8));

        var lines = await DrainFixture.DrainAsync(
            DrainFixture.Options(producer) with { From = new DrainStart.At(from), Until = new DrainEnd.At(until) });

        Assert.Equal([6UL, 7UL, 8UL], lines.Where(line => line.TryGetProperty("seqno", out _)).Select(line => line.GetProperty("seqno").GetUInt64()));
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(
            o => o.VBuckets(1).With(options => options with { OutOfOrderBackfills = OutOfOrderBackfills.Always }));
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        producer.Bucket.Collections.CreateCollection("inventory", "airlines");
        for (var i = 2; i >= 0; i--)
        {
            producer.Bucket.Set(VBucket, $"d{i}", "{}"u8);
            producer.Bucket.Collection("inventory", "airlines").Set(VBucket, $"a{i}", "{}"u8);
            producer.Bucket.Collection("inventory", "hotels").Set(VBucket, $"h{i}", "{}"u8);
        }
        return producer;
    }

    private static OffsetsFile OffsetsOf(EmbeddedProducer producer, ulong seqno) => new(
        producer.Bucket.Name, producer.Bucket.Uuid,
        new Dictionary<VBucketId, StreamOffset> { [VBucket] = StreamOffset.Boundary(producer.Bucket.FailoverLog(VBucket).NewestUuid, new Seqno(seqno)) });

    private static string? Type(JsonElement line) => line.GetProperty("type").GetString();

    private static IEnumerable<string> Keys(IEnumerable<JsonElement> lines) => lines
        .Where(line => Type(line) == "mutation").Select(line => line.GetProperty("key").GetString()!).Order(StringComparer.Ordinal);
}
