using System.Globalization;
using System.Text.Json;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>What a member handed over beside what there was, as vbucket and seqno.</summary>
internal static class HandledChanges
{
    /// <summary>Each change that the producer made.</summary>
    public static List<string> Expected(EmbeddedProducer producer) =>
        [.. Enumerable.Range(0, producer.Bucket.VBucketCount).SelectMany(vb => producer.Bucket.History(VBucketId.From(vb)))
            .Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.VBucket.Value}/{change.Seqno.Value}")).Order(StringComparer.Ordinal)];

    /// <summary>Each change in a file of the <c>jsonl</c> handler, as often as it is there; a vbucket's must be in order.</summary>
    public static List<string> Of(string path)
    {
        var changes = new List<string>();
        var last = new Dictionary<int, ulong>();
        foreach (var line in File.ReadLines(path))
        {
            var json = JsonDocument.Parse(line).RootElement;
            if (json.GetProperty("type").GetString() is not ("mutation" or "deletion" or "expiration"))
                continue;
            var vb = json.GetProperty("vb").GetInt32();
            var seqno = json.GetProperty("seqno").GetUInt64();
            Assert.True(seqno > last.GetValueOrDefault(vb), $"vb {vb}: {seqno} after {last.GetValueOrDefault(vb)}");
            last[vb] = seqno;
            changes.Add(string.Create(CultureInfo.InvariantCulture, $"{vb}/{seqno}"));
        }
        changes.Sort(StringComparer.Ordinal);
        return changes;
    }
}
