using System.Buffers.Binary;
using System.Collections.Concurrent;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.EndToEnd.Tests.Kill;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.BadInput;

/// <summary>A node that sends nonsense costs a connection, never a change.</summary>
public sealed class BrokenFrameTests
{
    private const byte RequestMagic = 0x80;
    private const byte Mutation = 0x57;
    private const int BodyLengthAt = 8;
    private const int KeyLengthAt = 2;

    [Fact]
    public async Task Broken_frames_and_absurd_lengths_drop_the_connection_which_comes_back_and_goes_on_where_it_was()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, KeepHistory = true });
        Write(producer, "before");
        var faults = new ConcurrentQueue<Action<byte[]>>(
        [
            frame => frame[0] = 0x99,
            frame => BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(BodyLengthAt), 0xffff_fff0),
            frame => BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(BodyLengthAt), 1_500_000_000),
            frame => BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(KeyLengthAt), 0xffff),
        ]);
        var expected = faults.Count;
        var spoilt = new ConcurrentDictionary<int, bool>();
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (connection, frame) => Spoil(frame, connection, spoilt, faults));
        await using var member = ServeProcess.Start(relay.Port, folder);

        await Eventually.TrueAsync(() => faults.IsEmpty, () => member.Error);
        Write(producer, "after");
        var truth = Enumerable.Range(0, 4).ToDictionary(
            vbucket => vbucket,
            vbucket => (IReadOnlyDictionary<ulong, string>)producer.Bucket.History(VBucketId.From(vbucket)).ToDictionary(change => change.Seqno.Value, change => change.KeyText));
        var lines = await ServeProcess.LinesUpToAsync(truth, folder.File("out.jsonl"));

        Assert.Empty(new DeliveryChecker().Check(truth, lines));
        Assert.Equal(1, lines.Max(line => line.Epoch));
        Assert.Equal(expected, member.Error.Split('\n').Count(line => line.Contains($"the connection to 127.0.0.1:{relay.Port} ended", StringComparison.Ordinal)));
    }

    /// <summary>One fault a connection: after a broken frame nothing more is read from it.</summary>
    private static IEnumerable<byte[]> Spoil(byte[] frame, int connection, ConcurrentDictionary<int, bool> spoilt, ConcurrentQueue<Action<byte[]>> faults)
    {
        if (FrameRelay.Magic(frame) == RequestMagic && FrameRelay.Opcode(frame) == Mutation && !spoilt.ContainsKey(connection) && faults.TryDequeue(out var fault))
        {
            spoilt[connection] = true;
            fault(frame);
        }
        return [frame];
    }

    private static void Write(EmbeddedProducer producer, string name)
    {
        for (var i = 0; i < 200; i++)
            producer.Bucket.Set($"{name}-{i}", "{}");
    }
}
