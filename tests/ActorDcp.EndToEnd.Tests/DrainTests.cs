using System.Text;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>What a drain writes is what the producer did.</summary>
public sealed class DrainTests
{
    /// <summary>A Unix time, as it is above 30 days, and in 1970.</summary>
    private const uint LongAgo = 3_000_000;

    [Fact]
    public async Task Lines_equal_the_producers_history_event_for_event()
    {
        await using var producer = await StartAsync();
        WriteEveryKindOfDocument(producer);

        var lines = await DrainFixture.DrainAsync(WithDeleteTimes(producer));

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
        Assert.Equal(producer.Bucket.VBucketCount - EmptyVBuckets(producer), lines.Count(line => line.GetProperty("type").GetString() == "stream_end"));
    }

    [Fact]
    public async Task A_small_window_changes_nothing()
    {
        await using var producer = await StartAsync();
        WriteEveryKindOfDocument(producer);
        var options = WithDeleteTimes(producer);

        var lines = await DrainFixture.DrainAsync(options with { Connection = options.Connection with { Window = 4096 } });

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
    }

    [Fact]
    public async Task A_drain_goes_on_exactly_where_its_connections_were_cut()
    {
        await using var producer = await StartAsync();
        WriteDocuments(producer, 0, 20_000);
        using var stream = new CuttingStream(producer, everyBytes: 400_000);
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        using var output = new JsonLinesOutput(stream, values: false, systemEvents: true);
        var options = DrainFixture.Options(producer);
        options = options with { Connection = options.Connection with { Window = 256 * 1024 } };

        await using (var session = new DrainSession(options, output, TimeProvider.System, NullLogger.Instance))
            await session.RunAsync(deadline.Token);

        Assert.True(stream.Cuts > 2, $"connections were cut {stream.Cuts} times");
        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(DrainFixture.Lines(stream)));
    }

    [Fact]
    public async Task A_rollback_is_told_and_followed_from_a_safe_boundary()
    {
        await using var producer = await StartAsync(vbuckets: 1);
        WriteDocuments(producer, 0, 100);
        using var stream = new MemoryStream();
        using var output = new JsonLinesOutput(stream, values: false, systemEvents: true);
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        await using var session = new DrainSession(DrainFixture.Options(producer) with { Until = new DrainEnd.Count(190) }, output, TimeProvider.System, NullLogger.Instance);
        var running = session.RunAsync(deadline.Token);
        await WaitAsync(() => session.Counters.Items == 100, deadline.Token);
        WriteDocuments(producer, 100, 50);
        await WaitAsync(() => session.Counters.Items == 150, deadline.Token);

        producer.LoseNewest(new VBucketId(0), 30);
        WriteDocuments(producer, 200, 70);
        await running;

        var lines = DrainFixture.Lines(stream);
        var rollback = Assert.Single(lines, line => line.GetProperty("type").GetString() == "rolled_back");
        Assert.Equal(150UL, rollback.GetProperty("from").GetUInt64());
        Assert.Equal("branch", rollback.GetProperty("why").GetString());
        var to = rollback.GetProperty("to").GetUInt64();
        Assert.InRange(to, 0UL, 120UL);
        // what follows the line is the new history above `to`, without a gap
        var after = lines.SkipWhile(line => line.GetProperty("type").GetString() != "rolled_back").ToList();
        var seqnos = after.Where(line => line.GetProperty("type").GetString() == "mutation").Select(line => line.GetProperty("seqno").GetUInt64()).ToList();
        Assert.Equal(Enumerable.Range(1, seqnos.Count).Select(i => to + (ulong)i), seqnos);
        Assert.Contains(after, line => line.TryGetProperty("key", out var key) && key.GetString() == "k200");
    }

    [Fact]
    public async Task Saved_offsets_let_a_second_drain_write_only_what_is_new()
    {
        await using var producer = await StartAsync();
        WriteDocuments(producer, 0, 500);
        var file = Path.GetTempFileName();
        try
        {
            await using (var first = new DrainSession(DrainFixture.Options(producer), new NoOutput(), TimeProvider.System, NullLogger.Instance))
            {
                using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
                await first.RunAsync(deadline.Token);
                Assert.Equal(500, first.Counters.Items);
                first.Offsets.Write(file);
            }
            WriteDocuments(producer, 500, 40);

            var lines = await DrainFixture.DrainAsync(
                DrainFixture.Options(producer) with { From = new DrainStart.At(Hosting.Offsets.OffsetsFile.Read(file)) });

            var keys = DrainFixture.Facts(lines).Values.SelectMany(facts => facts).Select(fact => fact.Split(' ')[2]);
            Assert.Equal(Enumerable.Range(500, 40).Select(i => $"k{i}").Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Saved_offsets_that_lie_beyond_a_new_branch_are_rolled_back_though_nothing_is_wanted_above_them()
    {
        await using var producer = await StartAsync(vbuckets: 1);
        WriteDocuments(producer, 0, 100);
        var from = new Hosting.Offsets.OffsetsFile("default", producer.Bucket.Uuid, new Dictionary<VBucketId, StreamOffset>
        {
            [new VBucketId(0)] = StreamOffset.Boundary(producer.Bucket.FailoverLog(new VBucketId(0)).NewestUuid, new Seqno(100)),
        });
        producer.LoseNewest(new VBucketId(0), 40);

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options(producer) with { From = new DrainStart.At(from) });

        var rollback = Assert.Single(lines, line => line.GetProperty("type").GetString() == "rolled_back");
        Assert.Equal(100UL, rollback.GetProperty("from").GetUInt64());
        Assert.Equal(60UL, lines.Where(line => line.GetProperty("type").GetString() == "mutation").Max(line => line.GetProperty("seqno").GetUInt64()));
    }

    [Fact]
    public async Task From_now_shows_only_what_comes_later()
    {
        await using var producer = await StartAsync();
        WriteDocuments(producer, 0, 300);
        using var stream = new MemoryStream();
        using var output = new JsonLinesOutput(stream, values: false, systemEvents: true);
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        var options = DrainFixture.Options(producer) with { From = new DrainStart.Now(), Until = new DrainEnd.Count(25) };
        await using var session = new DrainSession(options, output, TimeProvider.System, NullLogger.Instance);
        var running = session.RunAsync(deadline.Token);
        await WaitAsync(() => session.VBuckets.Count > 0, deadline.Token);

        WriteDocuments(producer, 300, 25);
        await running;

        var keys = DrainFixture.Facts(DrainFixture.Lines(stream)).Values.SelectMany(facts => facts).Select(fact => fact.Split(' ')[2]);
        Assert.Equal(Enumerable.Range(300, 25).Select(i => $"k{i}").Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_count_ends_the_drain_at_that_many_changes()
    {
        await using var producer = await StartAsync();
        WriteDocuments(producer, 0, 1_000);

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options(producer) with { Until = new DrainEnd.Count(137) });

        Assert.Equal(137, DrainFixture.Facts(lines).Values.Sum(facts => facts.Count));
    }

    private static Task<EmbeddedProducer> StartAsync(int vbuckets = 16) =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = vbuckets, KeepHistory = true });

    private static DrainOptions WithDeleteTimes(EmbeddedProducer producer)
    {
        var options = DrainFixture.Options(producer);
        return options with { Connection = options.Connection with { DeleteTimes = true } };
    }

    private static void WriteDocuments(EmbeddedProducer producer, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            producer.Bucket.Set($"k{i}", $$"""{"n":{{i}},"text":"a document of some length, so that connections are cut among them"}""");
    }

    /// <summary>Every kind of key and value, deletions and expirations; of a document that went away its removal is what remains to be streamed.</summary>
    private static void WriteEveryKindOfDocument(EmbeddedProducer producer)
    {
        var bucket = producer.Bucket;
        WriteDocuments(producer, 0, 200);
        bucket.Set("empty", "");
        bucket.Set("binary", [0, 1, 2, 0xff, 0xfe, 0x80], flags: 0xdeadbeef);
        bucket.Set("text", "no JSON at all");
        bucket.Set("large", Encoding.UTF8.GetBytes("{\"pad\":\"" + new string('y', 1024 * 1024 - 10) + "\"}"));
        bucket.Set("schlüssel-🔑-鍵", """{"unicode":"äöü 🔑"}""");
        bucket.Set(new string('k', 250), "\"the longest key\"");
        bucket.Set("later", "1", expiry: 4_000_000_000);
        for (var i = 0; i < 20; i++)
        {
            bucket.Set($"deleted{i}", "{}");
            bucket.Delete($"deleted{i}");
            bucket.Set($"expired{i}", "{}", expiry: LongAgo);
        }
        Assert.Equal(20, bucket.RunExpiryPager());
    }

    private static int EmptyVBuckets(EmbeddedProducer producer) =>
        Enumerable.Range(0, producer.Bucket.VBucketCount).Count(vbucket => producer.Bucket.HighSeqno(VBucketId.From(vbucket)) == Seqno.Zero);

    private static async Task WaitAsync(Func<bool> condition, CancellationToken deadline)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
            await timer.WaitForNextTickAsync(deadline);
    }

    /// <summary>Cuts every connection of the producer each time so many bytes were written.</summary>
    private sealed class CuttingStream(EmbeddedProducer producer, int everyBytes) : MemoryStream
    {
        private long _next = everyBytes;

        public int Cuts { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            if (Length < _next)
                return;
            _next = Length + everyBytes;
            Cuts += producer.DropConnections() > 0 ? 1 : 0;
        }
    }
}
