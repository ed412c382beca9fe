using System.Globalization;
using System.Text.Json;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.Members;

public sealed class OneMemberTests
{
    [Fact]
    public async Task Every_change_reaches_the_jsonl_handler_once_and_in_order()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 16, KeepHistory = true });
        for (var i = 0; i < 500; i++)
            producer.Bucket.Set($"before-{i}", $"{{\"n\":{i}}}");
        var lines = folder.File("out.jsonl");

        await using (var member = await TestMember.StartAsync(producer, folder.Path, null,
            ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)))
        {
            for (var i = 0; i < 500; i++)
                producer.Bucket.Set($"live-{i}", $"{{\"n\":{i}}}");
            await member.CaughtUpAsync(producer);
        }

        Assert.Equal(Expected(producer), Changes(lines));
    }

    [Fact]
    public async Task A_drained_member_resumes_without_redelivery()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 16, KeepHistory = true });
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)];
        for (var round = 0; round < 3; round++)
        {
            await using var member = await TestMember.StartAsync(producer, folder.Path, null, settings);
            for (var i = 0; i < 300; i++)
                producer.Bucket.Set($"round-{round}-{i}", "{}");
            await member.CaughtUpAsync(producer);
        }

        Assert.Equal(Expected(producer), Changes(lines));
    }

    private static List<string> Expected(EmbeddedProducer producer) =>
        [.. Enumerable.Range(0, producer.Bucket.VBucketCount).SelectMany(vb => producer.Bucket.History(VBucketId.From(vb)))
            .Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.VBucket.Value}/{change.Seqno.Value}")).Order(StringComparer.Ordinal)];

    private static List<string> Changes(string path)
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
