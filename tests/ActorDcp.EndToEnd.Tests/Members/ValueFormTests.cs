using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>What a group's handler sees of values, however they are stored and whatever of them travels.</summary>
public sealed class ValueFormTests
{
    private const byte SnappyBit = 2;

    [Fact]
    public async Task Values_are_the_same_compressed_or_not_and_travel_as_was_asked_for()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        await EveryDocument.WriteAsync(producer);

        foreach (var (how, compressed) in new[] { ("off", 0..0), ("on", 1..2), ("forced", 4..5) })
        {
            var bits = new ConcurrentBag<byte>();
            await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) =>
            {
                if (FrameRelay.Magic(frame) == 0x80 && FrameRelay.Opcode(frame) is (byte)Opcode.DcpMutation or (byte)Opcode.DcpDeletion)
                    bits.Add(frame[5]);
                return [frame];
            });

            var lines = await HandledAsync(producer, relay.Port, ("ActorDcp:Stream:Compression", how), ("ActorDcp:Stream:Xattrs", "true"));

            foreach (var (key, value) in EveryDocument.Values)
            {
                var isWith = key.EndsWith("attributes", StringComparison.Ordinal);
                AssertValue(lines[key], value, datatype: isWith ? 5 : 1);
                Assert.Equal(key, lines[key].GetProperty("value").GetProperty("key").GetString());
            }
            AssertValue(lines["deleted"], EveryDocument.Section, datatype: 4);
            // on: what is stored so; forced: all that gains by it
            Assert.InRange(bits.Count(bit => (bit & SnappyBit) != 0), compressed.Start.Value, compressed.End.Value);
        }
    }

    [Fact]
    public async Task Without_values_documents_come_bare_and_with_the_underlying_datatype_say_what_they_would_be()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        await EveryDocument.WriteAsync(producer);

        var bare = await HandledAsync(producer, producer.Endpoint.Port, ("ActorDcp:Stream:NoValue", "true"));
        var attributes = await HandledAsync(producer, producer.Endpoint.Port, ("ActorDcp:Stream:NoValue", "true"), ("ActorDcp:Stream:Xattrs", "true"));
        var underlying = await HandledAsync(
            producer, producer.Endpoint.Port, ("ActorDcp:Stream:NoValue", "true"), ("ActorDcp:Stream:UnderlyingDatatype", "true"), ("ActorDcp:Stream:Xattrs", "true"));

        foreach (var key in EveryDocument.Values.Keys)
        {
            var isWith = key.EndsWith("attributes", StringComparison.Ordinal);
            AssertValue(bare[key], [], datatype: 0);
            AssertValue(attributes[key], isWith ? EveryDocument.Section : [], datatype: isWith ? 4 : 0);
            // the Snappy bit of what is stored stands on a section that is not compressed, or on nothing
            AssertValue(underlying[key], isWith ? EveryDocument.Section : [], datatype: isWith ? 5 : 1);
        }
        Assert.Equal(5, bare.Count);
    }

    [Fact]
    public async Task Prepares_commits_and_aborts_reach_the_handler_and_where_they_were_not_asked_for_leave_no_gap()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1));
        using var folder = new TestFolder();
        var lines = folder.File("live.jsonl");
        await using (var member = await TestMember.StartAsync(
            producer, folder.Path, null,
            ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines), ("ActorDcp:Stream:SyncWrites", "true")))
        {
            await Eventually.TrueAsync(
                async () => (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets is [{ State: "Streaming" }], () => "no stream is open");
            await DurableWrites.CommitAndAbortAsync(producer);
            await member.CaughtUpAsync(producer);
        }

        Assert.Equal(DurableWrites.FromMemory, DurableWrites.Show(File.ReadLines(lines).Select(line => JsonDocument.Parse(line).RootElement)));
        Assert.Equal(DurableWrites.FromDisk, DurableWrites.Show(await LinesAsync(producer, producer.ConnectionString, ("ActorDcp:Stream:SyncWrites", "true"))));
        Assert.Equal(DurableWrites.NotAskedFor, DurableWrites.Show(await LinesAsync(producer, producer.ConnectionString)));
    }

    private static async Task<Dictionary<string, JsonElement>> HandledAsync(EmbeddedProducer producer, int port, params (string, string)[] settings) =>
        (await LinesAsync(producer, $"couchbase://127.0.0.1:{port}", settings))
            .Where(line => line.TryGetProperty("key", out _))
            .ToDictionary(line => line.GetProperty("key").GetString()!, StringComparer.Ordinal);

    private static async Task<List<JsonElement>> LinesAsync(EmbeddedProducer producer, string connection, params (string, string)[] settings)
    {
        using var folder = new TestFolder();
        var lines = folder.File("out.jsonl");
        await using (var member = await TestMember.StartAsync(
            connection, folder.Path, null,
            [("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines), ("ActorDcp:Handler:Values", "true"), .. settings]))
            await member.CaughtUpAsync(producer);
        return [.. File.ReadLines(lines).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static void AssertValue(JsonElement line, byte[] value, int datatype)
    {
        Assert.Equal(value.Length, line.GetProperty("len").GetInt32());
#pragma warning disable CA5350 // a fingerprint to compare values by
        Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(value)), line.GetProperty("sha1").GetString());
#pragma warning restore CA5350
        Assert.Equal(datatype, line.GetProperty("datatype").GetInt32());
    }
}
