using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>A producer, and drains of it into memory.</summary>
internal static class DrainFixture
{
    public static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(60);

    public static DrainOptions Options(EmbeddedProducer producer) => Options(producer.ConnectionString);

    public static DrainOptions Options(string connection)
    {
        var address = CouchbaseAddress.Parse(connection);
        var kv = new KvConnectionOptions
        {
            Endpoint = address.Seeds(tls: false)[0].Endpoint,
            Bucket = "default",
            Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
        };
        return new DrainOptions
        {
            Where = new ConnectionChoice(address, kv),
            Connection = new DcpConnectionOptions { Name = $"drain-{Guid.NewGuid():n}", Kv = kv },
        };
    }

    /// <summary>Drains to the end and returns the lines.</summary>
    public static async Task<IReadOnlyList<JsonElement>> DrainAsync(DrainOptions options, bool values = false)
    {
        using var stream = new MemoryStream();
        using var deadline = new CancellationTokenSource(Deadline);
        using var output = new JsonLinesOutput(stream, values, systemEvents: true);
        await using var session = new DrainSession(options, output, TimeProvider.System, NullLogger.Instance);
        await session.RunAsync(deadline.Token);
        return Lines(stream);
    }

    public static IReadOnlyList<JsonElement> Lines(MemoryStream stream)
    {
        var text = Encoding.UTF8.GetString(stream.ToArray());
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())];
    }

    /// <summary>The lines about documents, in the form of <see cref="Facts(RecordedChange)"/>, by vbucket and in the order written.</summary>
    public static Dictionary<int, List<string>> Facts(IEnumerable<JsonElement> lines) => lines
        .Where(line => line.GetProperty("type").GetString() is "mutation" or "deletion" or "expiration")
        .GroupBy(line => line.GetProperty("vb").GetInt32())
        .ToDictionary(group => group.Key, group => group.Select(Facts).ToList());

    /// <summary>What the producer did, without what a later change of the same key made invisible.</summary>
    public static Dictionary<int, List<string>> Facts(Bucket bucket) => Enumerable.Range(0, bucket.VBucketCount)
        .Select(vbucket => (vbucket, facts: Newest(bucket.History(VBucketId.From(vbucket))).Select(Facts).ToList()))
        .Where(pair => pair.facts.Count > 0)
        .ToDictionary(pair => pair.vbucket, pair => pair.facts);

    public static void AssertSame(Dictionary<int, List<string>> expected, Dictionary<int, List<string>> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (vbucket, facts) in expected)
            Assert.Equal(facts, actual[vbucket]);
    }

    private static IEnumerable<RecordedChange> Newest(IReadOnlyList<RecordedChange> history)
    {
        var newest = history.GroupBy(change => change.KeyText).ToDictionary(group => group.Key, group => group.Max(change => change.Seqno));
        return history.Where(change => change.Seqno == newest[change.KeyText]);
    }

    private static string Facts(JsonElement line)
    {
        var isMutation = line.GetProperty("type").GetString() == "mutation";
        var expiry = isMutation ? line.GetProperty("expiry").GetUInt32() : line.GetProperty("delete_time").GetUInt32();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{line.GetProperty("type").GetString()} {line.GetProperty("seqno").GetUInt64()} {line.GetProperty("key").GetString()} {line.GetProperty("cas").GetString()} {line.GetProperty("rev").GetUInt64()} {line.GetProperty("flags").GetUInt32()} {expiry} {line.GetProperty("datatype").GetInt32()} {line.GetProperty("len").GetInt32()} {line.GetProperty("sha1").GetString()}");
    }

    private static string Facts(RecordedChange change)
    {
        var type = change.Type.ToString().ToLowerInvariant();
#pragma warning disable CA5350 // a fingerprint to compare values by
        var sha1 = Convert.ToHexStringLower(SHA1.HashData(change.Value.Span));
#pragma warning restore CA5350
        var flags = change.Type == RecordedChangeType.Mutation ? change.Flags : 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{type} {change.Seqno} {change.KeyText} {change.Cas} {change.Rev} {flags} {change.Expiry} {(byte)change.Datatype} {change.Value.Length} {sha1}");
    }
}
