using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Refusals;

/// <summary>A node may end a stream at any time and for any reason (dcp-reference.md 3.7): nothing is lost by it.</summary>
public sealed class StreamEndTests
{
    /// <summary>Every reason of the reference, and two that nobody knows; the stream of vbucket n is ended for reason n of these.</summary>
    private static readonly uint[] Reasons = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x1234];

    [Fact]
    public async Task A_member_opens_its_streams_again_whatever_they_were_ended_for()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        await using var relay = Ending(producer, Reasons);
        await using var member = await TestMember.StartAsync(Text(relay), folder.Path);

        await member.CaughtUpAsync(producer);

        Assert.Equal(2 * Reasons.Length, member.Metrics["actordcp.stream.opens"]);
        Assert.All(Reasons, reason => Assert.Equal(1, member.Metrics.Total("actordcp.stream.ends", $"reason={(StreamEndReason)reason}")));
    }

    [Fact]
    public async Task A_drain_goes_on_where_it_stood_unless_it_is_told_that_there_is_no_more()
    {
        await using var producer = await StartAsync();
        uint[] reasons = [2, 1, 2, 3, 4, 5, 6, 9, 0x1234, 2, 2];
        await using var relay = Ending(producer, reasons);

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options(Text(relay)) with { Until = new DrainEnd.Now() });

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(Reasons.Length).KeepHistory());
        for (var vbucket = 0; vbucket < Reasons.Length; vbucket++)
            for (var i = 0; i < 5; i++)
                producer.Bucket.Set(VBucketId.From(vbucket), $"key {i}", "{}"u8);
        return producer;
    }

    /// <summary>Puts an end in the place of each vbucket's first marker.</summary>
    private static FrameRelay Ending(EmbeddedProducer producer, uint[] reasons)
    {
        var ended = new ConcurrentDictionary<int, bool>();
        return new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) =>
        {
            if (FrameRelay.Magic(frame) != (byte)Magic.Request || FrameRelay.Opcode(frame) != (byte)Opcode.DcpSnapshotMarker)
                return [frame];
            var header = FrameHeader.Read(frame);
            if (!ended.TryAdd(header.VBucket.Value, true))
                return [frame];
            var extras = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(extras, reasons[header.VBucket.Value]);
            var output = new ArrayBufferWriter<byte>();
            FrameWriter.WriteRequest(output, Opcode.DcpStreamEnd, header.VBucket, header.Opaque, extras);
            return [output.WrittenSpan.ToArray()];
        });
    }

    private static string Text(FrameRelay relay) => string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{relay.Port}");
}
