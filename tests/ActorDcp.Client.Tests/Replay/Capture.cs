using System.Globalization;
using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>A recording of a real data node (tests/captures).</summary>
internal sealed class Capture
{
    private Capture(JsonElement expect, List<RecordedConnection> connections)
    {
        Expect = expect;
        Connections = connections;
    }

    internal static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder(), "*.jsonl").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    internal JsonElement Expect { get; }

    internal IReadOnlyList<RecordedConnection> Connections { get; }

    internal static Capture Load(string name)
    {
        var lines = File.ReadLines(Path.Combine(Folder(), name + ".jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var connections = lines.Skip(1)
            .GroupBy(line => line.GetProperty("conn").GetInt32())
            .OrderBy(group => group.Key)
            .Select(group => new RecordedConnection(
                group.Key,
                [.. group.Where(line => line.TryGetProperty("hex", out _)).Select(line => new RecordedFrame(
                    line.GetProperty("dir").GetString() == "c2s", Convert.FromHexString(line.GetProperty("hex").GetString()!)))],
                group.Any(line => line.TryGetProperty("event", out _) && line.GetProperty("dir").GetString() == "s2c")));
        return new Capture(lines[0].GetProperty("expect"), [.. connections]);
    }

    /// <summary>What other clients decoded, by vbucket and seqno, as it is for a connection.</summary>
    internal IReadOnlyDictionary<(int VBucket, ulong Seqno), ExpectedItem> Items(RecordedConnection connection)
    {
        var list = ItemList(connection);
        return list is null
            ? new Dictionary<(int, ulong), ExpectedItem>()
            : list.Value.EnumerateArray().Select(ExpectedItem.Read).ToDictionary(item => (item.VBucket, item.Seqno));
    }

    /// <summary>The system events that the recorded client noted, by vbucket and seqno; null where it noted none.</summary>
    internal IReadOnlyDictionary<(int VBucket, ulong Seqno), (uint Event, string Key)>? SystemEvents =>
        Expect.TryGetProperty("system_events", out var list)
            ? list.EnumerateArray().ToDictionary(
                each => (each.GetProperty("vb").GetInt32(), each.GetProperty("seqno").GetUInt64()),
                each => (each.GetProperty("event").GetUInt32(), each.GetProperty("key").GetString()!))
            : null;

    private JsonElement? ItemList(RecordedConnection connection)
    {
        // what the recorded client itself reported of this very connection
        if (Expect.TryGetProperty("items_the_client_decoded", out var decoded))
            return decoded;
        string[] keys = ["items", connection.Number == 1 ? "items_before" : "items_after", "items_at_end"];
        foreach (var key in keys)
            if (Expect.TryGetProperty(key, out var lists))
                return lists.EnumerateObject().FirstOrDefault(
                    each => each.Name.StartsWith(connection.Xattrs ? "java" : "gocbcore", StringComparison.Ordinal)).Value is { ValueKind: JsonValueKind.Array } list
                    ? list
                    : null;
        return null;
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var captures = Path.Combine(folder.FullName, "tests", "captures");
            if (Directory.Exists(captures))
                return captures;
        }
        throw new DirectoryNotFoundException("tests/captures");
    }
}

/// <summary>One frame of a recording.</summary>
internal sealed record RecordedFrame(bool FromClient, byte[] Bytes)
{
    // read when asked for: some recorded requests are malformed on purpose
    internal FrameHeader Header => FrameHeader.Read(Bytes);

    internal uint Opaque => Wire.OpaqueOf(Bytes);

    internal bool IsResponse => Bytes[0] is (byte)Magic.Response or (byte)Magic.FlexibleResponse;

    internal bool Is(Opcode opcode, bool response = false) =>
        Bytes[1] == (byte)opcode && (response ? IsResponse : Bytes[0] is (byte)Magic.Request or (byte)Magic.FlexibleRequest);
}

/// <summary>One item that another client decoded.</summary>
internal sealed record ExpectedItem(
    int VBucket, ulong Seqno, string Type, string Key, uint CollectionId, ulong Rev, ulong Cas, uint Flags, uint Expiry, int Datatype, int Length, string? Sha1)
{
    internal static ExpectedItem Read(JsonElement item) => new(
        item.GetProperty("vb").GetInt32(),
        item.GetProperty("seqno").GetUInt64(),
        item.GetProperty("type").GetString()!,
        item.GetProperty("key").GetString()!,
        item.GetProperty("cid").GetUInt32(),
        item.GetProperty("rev").GetUInt64(),
        ulong.Parse(item.GetProperty("cas").GetString()!, CultureInfo.InvariantCulture),
        item.GetProperty("flags").GetUInt32(),
        item.GetProperty("expiry").GetUInt32(),
        item.GetProperty("datatype").GetInt32(),
        item.GetProperty("len").GetInt32(),
        item.GetProperty("sha1").ValueKind == JsonValueKind.String ? item.GetProperty("sha1").GetString() : null);
}
