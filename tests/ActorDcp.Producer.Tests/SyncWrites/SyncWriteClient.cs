using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.SyncWrites;

/// <summary>Durable writes and what streams show of them, as tests write it down.</summary>
internal static class SyncWriteClient
{
    private static readonly HelloFeature[] Features =
    [
        HelloFeature.Xerror, HelloFeature.Snappy, HelloFeature.Json, HelloFeature.MutationSeqno, HelloFeature.Collections,
        HelloFeature.AltRequest, HelloFeature.SyncReplication,
    ];

    private static uint _opaque = 1_000_000;

    public static Task<RawClient> LoginAsync(EmbeddedProducer producer, params HelloFeature[] more) =>
        RawClient.LoginAsync(producer, [.. Features, .. more]);

    public static Task<RawClient> LoginAsync(ProducerNode node) => RawClient.LoginAsync(node, Features);

    /// <summary>A connection that streams a vbucket from its beginning.</summary>
    public static async Task<RawClient> StreamAsync(
        EmbeddedProducer producer, ushort vbucket, bool syncWrites, string? consumerName = null, bool collections = true, ulong end = ulong.MaxValue)
    {
        var controls = new List<(string, string)> { ("enable_expiry_opcode", "true") };
        if (syncWrites)
            controls.Add(("enable_sync_writes", "true"));
        if (consumerName is not null)
            controls.Add(("consumer_name", consumerName));
        HelloFeature[] features = collections ? Features : [HelloFeature.Xerror, HelloFeature.Snappy, HelloFeature.Json];
        var client = await RawClient.OpenDcpAsync(producer, flags: 0x25, features: features, controls: [.. controls]);
        Assert.Equal(Status.Success, (await client.StreamAsync(vbucket, end: end)).Status);
        return client;
    }

    /// <summary>Sends a durable operation without waiting for its answer. Returns its opaque.</summary>
    public static async Task<uint> SendAsync(
        this RawClient client, Opcode opcode, ushort vbucket, string key, string value = "", byte level = 1, ushort? timeout = null,
        byte[]? extras = null)
    {
        byte[] framing = timeout is { } milliseconds ? [0x13, level, (byte)(milliseconds >> 8), (byte)milliseconds] : [0x11, level];
        var opaque = Interlocked.Increment(ref _opaque);
        await client.SendAsync(opcode, vbucket, opaque, extras ?? (opcode == Opcode.Delete ? [] : new byte[8]),
            [0, .. Encoding.UTF8.GetBytes(key)], Encoding.UTF8.GetBytes(value), framing: framing);
        return opaque;
    }

    public static async Task<RawFrame> AnswerAsync(this RawClient client, uint opaque) =>
        (await client.ReadUntilAsync(frame => frame.Header.IsResponse && frame.Header.Opaque == opaque))[^1];

    public static async Task<RawFrame> SetDurablyAsync(
        this RawClient client, ushort vbucket, string key, string value, byte level = 1, ushort? timeout = null) =>
        await client.AnswerAsync(await client.SendAsync(Opcode.Set, vbucket, key, value, level, timeout));

    public static async Task<RawFrame> DeleteDurablyAsync(this RawClient client, ushort vbucket, string key, byte level = 1) =>
        await client.AnswerAsync(await client.SendAsync(Opcode.Delete, vbucket, key, level: level));

    /// <summary>The statistics of a group, in the order in which they came.</summary>
    public static async Task<List<KeyValuePair<string, string>>> StatisticsAsync(this RawClient client, string group)
    {
        var opaque = Interlocked.Increment(ref _opaque);
        await client.SendAsync(Opcode.Stat, 0, opaque, key: Encoding.UTF8.GetBytes(group));
        var packets = await client.ReadUntilAsync(frame => frame.Header.Opaque == opaque && frame.Key.Length == 0);
        Assert.Equal(Status.Success, packets[^1].Status);
        return [.. packets.Where(frame => frame.Header.Opaque == opaque && frame.Key.Length > 0)
            .Select(frame => KeyValuePair.Create(Encoding.UTF8.GetString(frame.Key), frame.ValueText))];
    }

    /// <summary>The next so many messages of a stream.</summary>
    public static async Task<string[]> ReadStepsAsync(this RawClient client, int count)
    {
        var steps = new string[count];
        for (var i = 0; i < count; i++)
            steps[i] = Show(await client.ReadAsync());
        return steps;
    }

    private static string Show(RawFrame frame)
    {
        var extras = frame.Extras;
        return frame.Opcode switch
        {
            Opcode.DcpPrepare =>
                $"prepare {frame.Seqno} {Key(frame)} rev {U64(extras, 8)} level {extras[30]}{(extras[29] != 0 ? " deleting" : "")} {frame.ValueText}".TrimEnd(),
            Opcode.DcpCommit => $"commit {U64(extras, 8)} of {frame.Seqno} {Key(frame)}",
            Opcode.DcpAbort => $"abort {U64(extras, 8)} of {frame.Seqno} {Key(frame)}",
            Opcode.DcpSnapshotMarker when extras.Length == 1 =>
                $"marker2.{extras[0]} [{U64(frame.Value, 0)},{U64(frame.Value, 8)}] 0x{frame.Value[19]:x2} visible {U64(frame.Value, 20)} completed {U64(frame.Value, 28)}",
            Opcode.DcpMutation or Opcode.DcpDeletion => $"{(frame.Opcode == Opcode.DcpMutation ? "mutation" : "deletion")} {frame.Seqno} {Key(frame)} rev {U64(extras, 8)}",
            _ => frame.ToString(),
        };
    }

    private static string Key(RawFrame frame) => Encoding.UTF8.GetString(frame.Key).TrimStart('\0');

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at));
}
