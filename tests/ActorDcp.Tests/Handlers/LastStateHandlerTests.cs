using System.Text;
using ActorDcp.Handlers.LastStates;
using ActorDcp.Tests.Streams;

namespace ActorDcp.Tests.Handlers;

public sealed class LastStateHandlerTests : IDisposable
{
    private static readonly VBucketId VBucket = new(3);
    private readonly string _folder = Directory.CreateTempSubdirectory("actordcp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_rollback_brings_back_what_was_before()
    {
        using var handler = new LastStateHandler(VBucket);
        await Handle(handler, Set(1, "a"), Set(2, "b"), Set(3, "a"), Remove(4, "b"), Set(5, "c"));

        await GoBack(handler, 2);

        Assert.Equal([("a", 1UL, false), ("b", 2UL, false)], States(handler));
        await Handle(handler, Set(3, "b"), Set(4, "d"));
        Assert.Equal([("a", 1UL, false), ("b", 3UL, false), ("d", 4UL, false)], States(handler));
    }

    [Fact]
    public async Task A_rollback_told_twice_and_events_delivered_twice_do_no_harm()
    {
        using var handler = new LastStateHandler(VBucket);
        await Handle(handler, Set(1, "a"), Set(2, "a"), Set(3, "a"));
        await GoBack(handler, 2);
        await GoBack(handler, 2);
        await Handle(handler, Set(1, "a"), Set(2, "a"));

        Assert.Equal([("a", 2UL, false)], States(handler));
    }

    [Fact]
    public async Task A_dropped_collection_takes_its_documents_along_and_a_rollback_brings_them_back()
    {
        using var handler = new LastStateHandler(VBucket);
        await Handle(
            handler,
            Set(1, "a") with { CollectionId = 9 },
            Set(2, "b"),
            new DcpEvent
            {
                Kind = DcpEventKind.SystemEvent,
                Seqno = new Seqno(3),
                CollectionEvent = new CollectionEvent(CollectionEventKind.CollectionEnd, 4, 0, 9, null, null),
            });
        Assert.Equal([("a", 3UL, true), ("b", 2UL, false)], States(handler));

        await GoBack(handler, 2);

        Assert.Equal([("a", 1UL, false), ("b", 2UL, false)], States(handler));
    }

    [Fact]
    public async Task What_can_no_longer_be_undone_is_refused_and_zero_clears_all()
    {
        using var handler = new LastStateHandler(VBucket, undoLimit: 4);
        await Handle(handler, [.. Enumerable.Range(1, 6).Select(seqno => Set((ulong)seqno, "a"))]);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await GoBack(handler, 1));
        await GoBack(handler, 5);
        Assert.Equal([("a", 5UL, false)], States(handler));
        await GoBack(handler, 0);
        Assert.Empty(States(handler));
    }

    [Fact]
    public async Task The_file_makes_the_states_again_and_they_can_still_be_undone()
    {
        var path = Path.Combine(_folder, "vb-{vb}.jsonl");
        using (var handler = new LastStateHandler(VBucket, path))
        {
            await Handle(handler, Set(1, "a"), Set(2, "b"), Set(3, "a"));
            await GoBack(handler, 2);
            await Handle(handler, Set(3, "b"));
        }
        await File.AppendAllTextAsync(Path.Combine(_folder, "vb-3.jsonl"), "{\"Seqno\":9,\"Docu");

        using (var again = new LastStateHandler(VBucket, path))
        {
            Assert.Equal([("a", 1UL, false), ("b", 3UL, false)], States(again));
            await Handle(again, Set(4, "c"));
        }
        using var last = new LastStateHandler(VBucket, path);
        await GoBack(last, 2);
        Assert.Equal([("a", 1UL, false), ("b", 2UL, false)], States(last));
    }

    private static DcpEvent Set(ulong seqno, string key) => TestBatches.Mutation(seqno) with { Key = Encoding.UTF8.GetBytes(key) };

    private static DcpEvent Remove(ulong seqno, string key) =>
        new() { Kind = DcpEventKind.Deletion, Seqno = new Seqno(seqno), Key = Encoding.UTF8.GetBytes(key) };

    private static ValueTask Handle(LastStateHandler handler, params DcpEvent[] changes)
    {
        var run = new SnapshotRun(0, new StreamSnapshot(changes[0].Seqno, changes[^1].Seqno));
        return handler.HandleAsync(
            TestBatches.Of(VBucket, OwnershipEpoch.None, FakeBatchSource.Uuid, null, [run], [], changes), default);
    }

    private static ValueTask GoBack(LastStateHandler handler, ulong to) => handler.RolledBackAsync(
        new RolledBack(VBucket, OwnershipEpoch.None, new Seqno(99), new Seqno(to), RollbackReason.Branch, FakeBatchSource.Uuid), default);

    private static IEnumerable<(string Key, ulong Seqno, bool Removed)> States(LastStateHandler handler) => handler.Snapshot()
        .OrderBy(state => state.Key.Key, StringComparer.Ordinal)
        .Select(state => (state.Key.Key, state.Value.Seqno.Value, state.Value.Removed));
}
