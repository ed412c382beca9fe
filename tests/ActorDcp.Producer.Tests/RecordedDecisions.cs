using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Producer.Tests;

/// <summary>The answers in <c>captures/rollback-decisions.json</c>.</summary>
internal sealed record RecordedDecisions(IReadOnlyDictionary<int, RecordedVBucket> VBuckets, IReadOnlyList<RecordedRequest> Requests)
{
    public static RecordedDecisions Load()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "rollback-decisions.json")));
        var root = document.RootElement;
        var vbuckets = root.GetProperty("vbuckets").EnumerateObject().ToDictionary(
            vbucket => int.Parse(vbucket.Name, CultureInfo.InvariantCulture),
            vbucket => new RecordedVBucket(
                new FailoverLog(vbucket.Value.GetProperty("failover_log").EnumerateArray().Select(entry => new FailoverLogEntry(
                    VBucketUuid.Parse(entry.GetProperty("uuid").GetString()!), new Seqno(entry.GetProperty("seqno").GetUInt64())))),
                vbucket.Value.GetProperty("high_seqno").GetUInt64(),
                vbucket.Value.GetProperty("purge_seqno").GetUInt64()));
        var requests = new List<RecordedRequest>();
        foreach (var vector in root.GetProperty("vectors").EnumerateArray())
            requests.Add(new RecordedRequest(
                vector.GetProperty("vb").GetInt32(), vector.GetProperty("start").GetUInt64(), Hex(vector.GetProperty("uuid")),
                vector.GetProperty("snapStart").GetUInt64(), vector.GetProperty("snapEnd").GetUInt64(), vector.GetProperty("flags").GetUInt32(),
                vector.GetProperty("status").GetInt32(), Optional(vector.GetProperty("rollback")),
                CollectionHigh(vector), vector.GetProperty("value").GetString()!));
        foreach (var row in root.GetProperty("grid").EnumerateArray())
            requests.Add(new RecordedRequest(
                row[0].GetInt32(), row[1].GetUInt64(), Hex(row[2]), row[3].GetUInt64(), row[4].GetUInt64(), row[5].GetUInt32(),
                row[6].GetInt32(), Optional(row[7]), null, ""));
        return new RecordedDecisions(vbuckets, requests);
    }

    /// <summary>High seqnos of the two collections that were asked for (dcp-reference.md 4.3, the cases behind purge).</summary>
    private static ulong? CollectionHigh(JsonElement vector) => vector.GetProperty("value").GetString() switch
    {
        """{"collections":["8"]}""" => 250,
        """{"collections":["9"]}""" => 350,
        _ => null,
    };

    private static ulong Hex(JsonElement element) => VBucketUuid.Parse(element.GetString()!).Value;

    private static ulong? Optional(JsonElement element) => element.ValueKind == JsonValueKind.Null ? null : element.GetUInt64();
}
