using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Snapshots;

/// <summary>Closing, merging and expelling checkpoints, and what deduplication leaves (dcp-reference.md 5.4, 5.10).</summary>
public sealed class CheckpointTests
{
    [Fact]
    public void Closed_checkpoints_merge_when_they_get_too_many_and_a_key_is_in_the_merged_one_once()
    {
        var vbucket = Make(maxItems: 2, maxClosed: 2);
        CheckpointCursor? cursor = null;
        Assert.True(vbucket.ReadMemory(ref cursor, 0, 0, droppable: false).IsEmpty);
        foreach (var key in (string[])["a", "b", "c", "a", "c", "a", "x", "y"])
            Set(vbucket, key);
        Assert.Equal([(2ul, "1 2"), (6ul, "5 6"), (8ul, "7 8")], ReadAll(vbucket, ref cursor));
    }

    [Fact]
    public void What_is_behind_all_cursors_is_expelled_and_no_cursor_notices()
    {
        var vbucket = Make();
        for (var i = 1; i <= 10; i++)
            Set(vbucket, $"key{i}");
        CheckpointCursor? cursor = null;
        vbucket.ReadMemory(ref cursor, 0, 0, droppable: true);
        Set(vbucket, "last");
        vbucket.ExpelBehindCursors();
        CheckpointCursor? late = null;
        Assert.True(vbucket.ReadMemory(ref late, 0, 0, droppable: true).IsGap);
        Assert.True(vbucket.ReadMemory(ref late, 9, 0, droppable: true).IsGap);
        var read = vbucket.ReadMemory(ref cursor, 10, 0, droppable: true);
        Assert.Equal((false, 11ul, false), (read.IsGap, read.Slice.SnapshotEnd, cursor!.Dropped));
    }

    [Fact]
    public void A_backfill_of_a_bucket_without_a_disk_shows_the_last_version_of_a_key_before_and_after_it_was_deduplicated()
    {
        var vbucket = Make(ephemeral: true, rewindable: 0);
        for (var i = 0; i < 50; i++)
            Set(vbucket, $"key{i % 5}");
        vbucket.ExpelCheckpoints();
        CheckpointCursor? cursor = null;
        Assert.Equal("46 47 48 49 50", Show(vbucket.ReadDisk(ref cursor, 0, 0, droppable: true)));
        Assert.Equal(45, vbucket.Compact());
        Assert.Equal("46 47 48 49 50", Show(vbucket.ReadDisk(ref cursor, 0, 0, droppable: true)));
    }

    private static VBucket Make(int maxItems = 10_000, int maxClosed = 10, bool ephemeral = false, int rewindable = 1_000) =>
        new(new VBucketId(0), new BucketSettings
        {
            Name = "test",
            VBuckets = 1,
            CheckpointMaxItems = maxItems,
            MaxClosedCheckpoints = maxClosed,
            Ephemeral = ephemeral,
            RewindableChanges = rewindable,
            Time = TimeProvider.System,
        });

    private static void Set(VBucket vbucket, string key) =>
        vbucket.Store(new StoreRequest { Mode = StoreMode.Set, Key = [0, .. System.Text.Encoding.UTF8.GetBytes(key)], Value = "v"u8 });

    private static List<(ulong, string)> ReadAll(VBucket vbucket, ref CheckpointCursor? cursor)
    {
        var snapshots = new List<(ulong, string)>();
        for (ulong position = 0; vbucket.ReadMemory(ref cursor, position, 0, droppable: false) is { IsEmpty: false } read; position = read.Slice.SnapshotEnd)
            snapshots.Add((read.Slice.SnapshotEnd, Show(read.Slice)));
        return snapshots;
    }

    private static string Show(LogSlice slice)
    {
        var seqnos = new List<ulong>();
        for (var index = slice.From; slice.TryFindFrom(ref index); index++)
            seqnos.Add(slice.Items[index].Seqno);
        return string.Join(' ', seqnos);
    }
}
