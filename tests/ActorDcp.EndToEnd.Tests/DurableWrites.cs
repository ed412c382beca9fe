using System.Text;
using System.Text.Json;
using ActorDcp.Producer;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>A durable write that was committed, one that was aborted, and a plain one, of a vbucket with a replica.</summary>
internal static class DurableWrites
{
    /// <summary>What a stream brings that was open meanwhile.</summary>
    public static readonly string[] FromMemory =
        ["prepare 1 durable level 1", "commit 2 durable of 1", "prepare 3 given-up level 1", "abort 4 given-up of 3", "mutation 5 plain"];

    /// <summary>What a backfill brings: completed prepares are left out, and a commit is a mutation (dcp-reference.md 10, quirk 10).</summary>
    public static readonly string[] FromDisk = ["mutation 2 durable", "abort 4 given-up of 3", "mutation 5 plain"];

    /// <summary>What a stream brings that did not ask for sync writes.</summary>
    public static readonly string[] NotAskedFor = ["mutation 2 durable", "mutation 5 plain"];

    /// <summary>Writes all three; leaves the replica's node running.</summary>
    public static async Task CommitAndAbortAsync(EmbeddedProducer producer)
    {
        var vbucket = new VBucketId(0);
        var active = producer.ActiveNodeOf(vbucket)!;
        var replica = producer.Nodes.ToList().FindIndex(node => node != active);
        await using (var client = await RawClient.LoginAsync(
            active, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.AltRequest, HelloFeature.SyncReplication, HelloFeature.Collections))
        {
            Assert.Equal(Status.Success, await SetAsync(client, "durable", timeout: 10_000));
            await producer.StopNodeAsync(replica);
            Assert.Equal(Status.SyncWriteAmbiguous, await SetAsync(client, "given-up", timeout: 50));
        }
        producer.Bucket.Set(vbucket, "plain", "{}"u8);
        await producer.StartNodeAsync(replica);
        await producer.WaitForReplicasAsync();
    }

    /// <summary>The lines that have a key, as tests write them down.</summary>
    public static IEnumerable<string> Show(IEnumerable<JsonElement> lines) => lines.Where(line => line.TryGetProperty("key", out _)).Select(Show);

    private static string Show(JsonElement line)
    {
        var words = $"{line.GetProperty("type").GetString()} {line.GetProperty("seqno").GetUInt64()} {line.GetProperty("key").GetString()}";
        if (line.TryGetProperty("level", out var level))
            words += $" level {level.GetInt32()}";
        return line.TryGetProperty("prepared_seqno", out var prepared) ? $"{words} of {prepared.GetUInt64()}" : words;
    }

    private static async Task<Status> SetAsync(RawClient client, string key, ushort timeout)
    {
        // framing: durability, three bytes: majority, and the time-out in milliseconds
        await client.SendAsync(
            Opcode.Set, 0, 77, new byte[8], [0, .. Encoding.UTF8.GetBytes(key)], "{}"u8.ToArray(), framing: [0x13, 1, (byte)(timeout >> 8), (byte)timeout]);
        return (await client.ReadAsync()).Status;
    }
}
