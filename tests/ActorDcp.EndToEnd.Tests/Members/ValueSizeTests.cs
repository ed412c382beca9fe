using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Values;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>
/// Values from nothing to the largest that a data node keeps, among one another, plain and compressed, with attributes and without, in
/// two collections, through windows that are smaller than one of them.
/// </summary>
public sealed class ValueSizeTests
{
    private const int VBuckets = 2;
    private const int Largest = 20 * 1024 * 1024;

    private static readonly int[] Sizes = [0, 256, 4096, 1024 * 1024, Largest];
    private static readonly Datatype[] Forms = [Datatype.Raw, Datatype.Snappy, Datatype.Xattr, Datatype.Snappy | Datatype.Xattr];

    [Theory]
    [InlineData("64KiB", "on")]
    [InlineData("1MiB", "off")]
    public async Task All_arrive_as_they_were_written_and_in_order_and_every_byte_is_acknowledged(string window, string compression)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets));
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        var collection = producer.Bucket.Collection("inventory", "hotels").Id;
        var seen = new Seen();
        await using var member = await TestMember.StartAsync(
            producer, folder.Path,
            builder =>
            {
                builder.Services.AddSingleton(seen);
                builder.AddHandler<SeeingHandler>();
            },
            ("ActorDcp:Window", window), ("ActorDcp:Stream:Compression", compression), ("ActorDcp:Stream:Xattrs", "true"));
        await using var watch = new LedgerWatch(member);

        var written = await WriteAsync(producer, collection);
        await member.CaughtUpAsync(producer);

        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
        {
            var id = VBucketId.From(vbucket);
            Assert.Equal(written[id].Select(document => document.Key), seen[id].Select(document => document.Key));
            Assert.Equal(written[id], seen[id]);
        }
        var ledger = Assert.Single(LedgerWatch.Ledgers(member.Service<MemberState>()));
        await Eventually.TrueAsync(() => ledger.Unacknowledged == 0, () => $"{ledger.Unacknowledged} bytes are not acknowledged");
        Assert.True(ledger.LargestCharge > ledger.Window * 4L, $"the largest frame has {ledger.LargestCharge} bytes, the window {ledger.Window}");
        Assert.Empty(await watch.EndAsync());
    }

    private static async Task<Dictionary<VBucketId, List<Document>>> WriteAsync(EmbeddedProducer producer, uint collection)
    {
        await using var client = await RawClient.LoginAsync(
            producer, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Snappy, HelloFeature.Json, HelloFeature.Xattr, HelloFeature.Collections);
        var written = Enumerable.Range(0, VBuckets).ToDictionary(VBucketId.From, _ => new List<Document>());
        var number = 0;
        foreach (var form in Forms)
        {
            foreach (var size in Sizes)
            {
                var section = (form & Datatype.Xattr) == 0 ? [] : EveryDocument.Section;
                var body = Body(Math.Min(size, Largest - section.Length));
                byte[] whole = [.. section, .. body];
                var of = number % 2 == 0 ? 0 : collection;
                var vbucket = VBucketId.From(number / 2 % VBuckets);
                var key = $"{form} {size}";
                var answer = await client.AskAsync(
                    Opcode.SetWithMeta, vbucket.Value, extras: [.. new byte[15], 7, .. new byte[6], 9, (byte)number],
                    key: [(byte)of, .. Encoding.UTF8.GetBytes(key)],
                    value: (form & Datatype.Snappy) == 0 ? whole : SnappyBlock.Deflate(whole), datatype: form);
                Assert.Equal(Status.Success, answer.Status);
                written[vbucket].Add(new Document(key, of, body.Length, Fingerprint(body), Fingerprint(whole)));
                number++;
            }
        }
        return written;
    }

    // half of it can be compressed
    private static byte[] Body(int size)
    {
        var body = new byte[size];
        var random = new Random(size);
        for (var at = 0; at < size; at += 128)
            random.NextBytes(body.AsSpan(at, Math.Min(64, size - at)));
        return body;
    }

    private static string Fingerprint(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private sealed record Document(string Key, uint Collection, int Length, string Body, string Whole);

    private sealed class Seen
    {
        private readonly ConcurrentDictionary<VBucketId, List<Document>> _documents = new();

        // a vbucket's handler is called by one thread at a time
        public List<Document> this[VBucketId vbucket] => _documents.GetOrAdd(vbucket, static _ => []);
    }

    private sealed class SeeingHandler(Seen seen) : IDcpHandler
    {
        public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            foreach (var change in batch)
            {
                if (!change.IsMutation)
                    continue;
                var body = change.ReadBody().Span;
                seen[batch.VBucket].Add(new Document(
                    Encoding.UTF8.GetString(change.Key.Span), change.CollectionId, body.Length, Fingerprint(body), Fingerprint(batch.ReadInflated(change).Span)));
            }
            return ValueTask.CompletedTask;
        }

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }
}
