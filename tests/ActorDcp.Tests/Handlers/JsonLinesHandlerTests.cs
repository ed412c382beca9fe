using System.Text;
using System.Text.Json;
using ActorDcp.Handlers;
using ActorDcp.Handlers.JsonLines;
using ActorDcp.Tests.Streams;

namespace ActorDcp.Tests.Handlers;

public sealed class JsonLinesHandlerTests : IDisposable
{
    private static readonly VBucketId VBucket = new(3);
    private static readonly OwnershipEpoch Epoch = new(9);
    private readonly string _folder = Directory.CreateTempSubdirectory("actordcp-").FullName;
    private readonly JsonLinesFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Markers_stand_before_the_events_they_cover()
    {
        var marker = new SnapshotMarker(new StreamSnapshot(new Seqno(2), new Seqno(3)), SnapshotFlags.Memory);
        var runs = new[]
        {
            new SnapshotRun(0, StreamSnapshot.At(new Seqno(1))), new SnapshotRun(1, new StreamSnapshot(new Seqno(2), new Seqno(3))),
        };
        var batch = TestBatches.Of(
            VBucket, Epoch, FakeBatchSource.Uuid, null, runs, [new PlacedMarker(1, marker)], TestBatches.Mutation(1),
            TestBatches.Mutation(2), TestBatches.Mutation(3));
        using var handler = Handler("lines.jsonl");

        await handler.HandleAsync(batch, default);

        Assert.Equal(["mutation", "snapshot", "mutation", "mutation"], Lines("lines.jsonl").Select(line => line.GetProperty("type").GetString()));
        Assert.All(Lines("lines.jsonl"), line => Assert.Equal(9, line.GetProperty("epoch").GetInt64()));
        Assert.All(Lines("lines.jsonl"), line => Assert.Equal("m1", line.GetProperty("member").GetString()));
    }

    [Fact]
    public async Task A_torn_last_line_is_followed_by_a_fresh_one()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "torn.jsonl"), "{\"vb\":1}\n{\"vb\":");
        using var handler = Handler("torn.jsonl");

        await handler.HandleAsync(Batch(1, 2), default);

        var lines = ReadLines("torn.jsonl");
        Assert.Equal(4, lines.Length);
        Assert.Equal("{\"vb\":", lines[1]);
        Assert.StartsWith("{\"vb\":3,\"type\":\"mutation\",\"seqno\":1,", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vbuckets_of_a_member_share_one_writer_and_lines_stay_whole()
    {
        var handlers = Enumerable.Range(0, 8).Select(_ => Handler("{member}.jsonl")).ToArray();

        await Parallel.ForEachAsync(handlers, async (handler, _) =>
        {
            for (ulong seqno = 1; seqno <= 200; seqno++)
                await handler.HandleAsync(Batch(seqno), default);
        });

        Assert.Equal(1600, Lines("m1.jsonl").Count);
        foreach (var handler in handlers)
            handler.Dispose();
    }

    [Fact]
    public void A_file_that_another_writer_has_open_is_refused()
    {
        var path = Path.Combine(_folder, "mine.jsonl");
        using var first = new JsonLinesFile(path);

        Assert.Throws<IOException>(() => new JsonLinesFile(path));
    }

    [Fact]
    public async Task A_batch_larger_than_a_piece_is_written_whole()
    {
        using var handler = Handler("large.jsonl");

        await handler.HandleAsync(Batch([.. Enumerable.Range(1, 5_000).Select(seqno => (ulong)seqno)]), default);

        Assert.Equal(Enumerable.Range(1, 5_000), Lines("large.jsonl").Select(line => line.GetProperty("seqno").GetInt32()));
    }

    [Fact]
    public async Task A_rollback_is_a_line()
    {
        using var handler = Handler("back.jsonl");

        await handler.RolledBackAsync(
            new RolledBack(VBucket, Epoch, new Seqno(9), new Seqno(4), RollbackReason.Branch, FakeBatchSource.Uuid), default);

        var line = Assert.Single(Lines("back.jsonl"));
        Assert.Equal("rolled_back", line.GetProperty("type").GetString());
        Assert.Equal("branch", line.GetProperty("why").GetString());
        Assert.Equal(9, line.GetProperty("epoch").GetInt64());
    }

    private JsonLinesHandler Handler(string name) =>
        new(_files.Open(Path.Combine(_folder, name), "m1"), "m1", values: false, TimeProvider.System);

    private static DcpBatch Batch(params ulong[] seqnos) => TestBatches.Of(VBucket, Epoch, FakeBatchSource.Uuid, null, seqnos);

    private List<JsonElement> Lines(string name) =>
        [.. ReadLines(name).Select(line => JsonDocument.Parse(line).RootElement.Clone())];

    private string[] ReadLines(string name)
    {
        using var file = new FileStream(Path.Combine(_folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
