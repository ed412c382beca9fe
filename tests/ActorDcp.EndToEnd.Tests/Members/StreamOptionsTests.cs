using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using ActorDcp.Group;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Producer;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>What a group streams and where it begins, each by one member over a real producer.</summary>
public sealed class StreamOptionsTests
{
    private static readonly VBucketId VBucket = new(0);

    [Fact]
    public async Task A_new_group_begins_at_the_offsets_of_a_file_and_a_later_start_where_it_was()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        Write(producer, "old", 40);
        var file = folder.File("offsets.json");
        OffsetsOf(producer).Write(file);
        Write(producer, "new", 20);
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [("ActorDcp:Start", file), ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)];

        await using (var member = await TestMember.StartAsync(producer, folder.Path, null, settings))
            await member.CaughtUpAsync(producer);
        Write(producer, "later", 20);
        await using (var member = await TestMember.StartAsync(producer, folder.Path, null, settings))
            await member.CaughtUpAsync(producer);

        Assert.Equal(Keys("new", 20).Concat(Keys("later", 20)).Order(StringComparer.Ordinal), KeysIn(lines).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Offsets_of_another_bucket_or_of_some_vbuckets_only_are_no_start()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        var offsets = OffsetsOf(producer);
        var (foreign, partial) = (folder.File("foreign.json"), folder.File("partial.json"));
        (offsets with { BucketUuid = "00000000000000000000000000000001" }).Write(foreign);
        (offsets with { Offsets = offsets.Offsets.Where(pair => pair.Key.Value != 3).ToDictionary() }).Write(partial);

        foreach (var (file, words) in new[] { (foreign, "it is another bucket"), (partial, "no offset for vbucket 3") })
        {
            var refusal = await Assert.ThrowsAsync<GroupConflictException>(async () =>
                await (await TestMember.StartAsync(producer, folder.Path, null, ("ActorDcp:Start", file))).DisposeAsync());
            Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_out_of_order_backfill_reaches_the_handler_and_its_end_is_the_position()
    {
        using var folder = new TestFolder();
        await using var producer = await StartOutOfOrderAsync();
        await WriteHotelsAsync(producer, 200, 32);
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [.. OutOfOrder(producer), ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)];

        await using (var member = await TestMember.StartAsync(producer, folder.Path, null, settings))
            await member.CaughtUpAsync(producer);
        var first = KeysIn(lines);
        await using (var member = await TestMember.StartAsync(producer, folder.Path, null, settings))
            await member.CaughtUpAsync(producer);

        var seqnos = File.ReadLines(lines).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("type").GetString() == "mutation").Select(line => line.GetProperty("seqno").GetUInt64()).ToList();
        Assert.NotEqual(seqnos.Order(), seqnos);
        Assert.Equal([true, false], File.ReadLines(lines).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("type").GetString() == "oso").Select(line => line.GetProperty("begin").GetBoolean()));
        Assert.Equal(Hotels(200).Order(StringComparer.Ordinal), first.Order(StringComparer.Ordinal));
        Assert.Equal(first, KeysIn(lines));
    }

    [Fact]
    public async Task An_out_of_order_backfill_that_is_broken_off_leaves_no_position_and_comes_again_whole()
    {
        using var folder = new TestFolder();
        await using var producer = await StartOutOfOrderAsync();
        // several windows full, so that some batches are handled and others not yet sent
        await WriteHotelsAsync(producer, 400, 1024);
        var handler = new PartwayHandler(stopAfter: 100);
        (string, string)[] settings = [.. OutOfOrder(producer), ("ActorDcp:Window", "64KiB"), ("ActorDcp:DrainTimeout", "100ms")];

        await using (var member = await TestMember.StartAsync(
            producer, folder.Path, builder => builder.AddHandler<PartwayActor>().Services.AddSingleton(handler), settings))
        {
            await Eventually.TrueAsync(() => handler.IsHeld, () => $"{handler.Keys.Count} handled");
            // a reconnect in the middle begins it again too
            producer.DropConnections();
            var row = (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Single(row => row.Vb == VBucket.Value);
            Assert.Equal((0UL, 0UL), (row.Handled, row.Checkpointed));
        }
        Assert.InRange(handler.Keys.Count, 100, 399);
        handler.GoOn();
        await using (var member = await TestMember.StartAsync(
            producer, folder.Path, builder => builder.AddHandler<PartwayActor>().Services.AddSingleton(handler), settings))
            await member.CaughtUpAsync(producer);

        Assert.Equal(Hotels(400).Order(StringComparer.Ordinal), handler.Keys.TakeLast(400).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Prepares_and_commits_reach_the_handler_where_they_are_asked_for_and_leave_no_gap_where_not()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        await using (var client = await RawClient.LoginAsync(
            producer, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.AltRequest, HelloFeature.SyncReplication, HelloFeature.Collections))
        {
            // framing: durability, one byte, majority
            await client.SendAsync(Opcode.Set, VBucket.Value, 77, new byte[8], [0, .. "durable"u8], "{}"u8.ToArray(), framing: [0x11, 1]);
            Assert.Equal(Status.Success, (await client.ReadAsync()).Status);
        }
        producer.Bucket.Set(VBucket, "plain", "{}"u8);
        Dictionary<string, List<string>> types = [];
        foreach (var asked in (string[])["true", "false"])
        {
            var lines = folder.File($"out-{asked}.jsonl");
            await using var member = await TestMember.StartAsync(producer, folder.Path, null,
                ("ActorDcp:Persistence:ConnectionString", $"Data Source={folder.File($"{asked}.db")}"),
                ("ActorDcp:Stream:SyncWrites", asked), ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines));
            await member.CaughtUpAsync(producer);
            types[asked] = [.. File.ReadLines(lines).Select(line => JsonDocument.Parse(line).RootElement)
                .Where(line => line.GetProperty("vb").GetInt32() == 0 && line.TryGetProperty("key", out _))
                .Select(line => $"{line.GetProperty("type").GetString()} {line.GetProperty("key").GetString()} {line.GetProperty("seqno").GetUInt64()}")];
        }

        Assert.Equal(["prepare durable 1", "commit durable 2", "mutation plain 3"], types["true"]);
        Assert.Equal(["mutation durable 2", "mutation plain 3"], types["false"]);
    }

    private static Task<EmbeddedProducer> StartOutOfOrderAsync() => EmbeddedProducer.StartAsync(
        o => o.VBuckets(1).KeepHistory().With(options => options with { OutOfOrderBackfills = OutOfOrderBackfills.Always }));

    private static (string, string)[] OutOfOrder(EmbeddedProducer producer) =>
    [
        ("ActorDcp:Stream:Oso", "true"),
        ("ActorDcp:Stream:Collections", producer.Bucket.Collection("inventory", "hotels").Id.ToString(CultureInfo.InvariantCulture)),
    ];

    private static async Task WriteHotelsAsync(EmbeddedProducer producer, int count, int size)
    {
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        producer.Bucket.Set(VBucket, "elsewhere", "{}"u8);
        var hotels = producer.Bucket.Collection("inventory", "hotels");
        // key order is against seqno order
        foreach (var key in Hotels(count).Reverse())
            hotels.Set(VBucket, key, new byte[size]);
        await producer.Bucket.FlushAsync();
        producer.ExpelCheckpoints(VBucket);
    }

    private static IEnumerable<string> Hotels(int count) => Keys("hotel", count);

    private static IEnumerable<string> Keys(string name, int count) =>
        Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}-{i:000}"));

    private static void Write(EmbeddedProducer producer, string name, int count)
    {
        foreach (var key in Keys(name, count))
            producer.Bucket.Set(key, "{}");
    }

    private static OffsetsFile OffsetsOf(EmbeddedProducer producer) => new(
        producer.Bucket.Name, producer.Bucket.Uuid,
        Enumerable.Range(0, producer.Bucket.VBucketCount).Select(VBucketId.From).ToDictionary(
            vbucket => vbucket,
            vbucket => StreamOffset.Boundary(producer.Bucket.FailoverLog(vbucket).NewestUuid, producer.Bucket.HighSeqno(vbucket))));

    private static List<string> KeysIn(string path) =>
        [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("type").GetString() == "mutation").Select(line => line.GetProperty("key").GetString()!)];

    /// <summary>Handles so many documents, then holds what comes.</summary>
    internal sealed class PartwayHandler(int stopAfter)
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<string> Keys { get; } = new();

        public bool IsHeld { get; private set; }

        public void GoOn() => _goOn.TrySetResult();

        public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            if (Keys.Count >= stopAfter)
            {
                IsHeld = true;
                await _goOn.Task.WaitAsync(stopping);
            }
            foreach (var change in batch)
                if (change.IsMutation)
                    Keys.Enqueue(System.Text.Encoding.UTF8.GetString(change.Key.Span));
        }
    }

    internal sealed class PartwayActor(PartwayHandler handler) : IDcpHandler
    {
        public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping) => handler.HandleAsync(batch, stopping);

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }
}
