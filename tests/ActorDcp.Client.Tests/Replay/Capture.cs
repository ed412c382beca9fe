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

    internal JsonElement Expect { get; }

    internal IReadOnlyList<RecordedConnection> Connections { get; }

    internal static Capture Load(string name)
    {
        var lines = File.ReadLines(Path.Combine(Folder(), name + ".jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var connections = lines.Skip(1)
            .GroupBy(line => line.GetProperty("conn").GetInt32())
            .OrderBy(group => group.Key)
            .Select(group => new RecordedConnection(group.Key, [.. group
                .Where(line => line.TryGetProperty("hex", out _))
                .Select(line => new RecordedFrame(
                    line.GetProperty("dir").GetString() == "c2s", Convert.FromHexString(line.GetProperty("hex").GetString()!)))]));
        return new Capture(lines[0].GetProperty("expect"), [.. connections]);
    }

    /// <summary>What two other clients decoded, by vbucket and seqno, for a connection with or without xattrs.</summary>
    internal IReadOnlyDictionary<(int VBucket, ulong Seqno), ExpectedItem> Items(bool xattrs)
    {
        if (!Expect.TryGetProperty("items", out var lists))
            return new Dictionary<(int, ulong), ExpectedItem>();
        var list = lists.EnumerateObject().Single(each => each.Name.StartsWith(xattrs ? "java" : "gocbcore", StringComparison.Ordinal)).Value;
        return list.EnumerateArray().Select(ExpectedItem.Read).ToDictionary(item => (item.VBucket, item.Seqno));
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

    internal bool Is(Opcode opcode, bool response = false) =>
        Bytes[1] == (byte)opcode && (response
            ? Bytes[0] is (byte)Magic.Response or (byte)Magic.FlexibleResponse
            : Bytes[0] is (byte)Magic.Request or (byte)Magic.FlexibleRequest);
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
