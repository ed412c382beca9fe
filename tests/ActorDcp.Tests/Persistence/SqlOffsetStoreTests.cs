using ActorDcp.Persistence;
using LinqToDB.Data;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Tests.Persistence;

public abstract class SqlOffsetStoreTests : SqlStoreTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private SqlOffsetStore Store => new(Database);

    [Fact]
    public async Task A_first_take_over_begins_at_the_beginning_with_epoch_1()
    {
        var taken = await Store.TakeOverAsync(Group, VBuckets(3), "a", default);

        Assert.Equal([0, 1, 2], taken.Select(row => (int)row.VBucket.Value));
        Assert.All(taken, row => Assert.Equal(new OwnershipEpoch(1), row.Epoch));
        Assert.All(taken, row => Assert.Equal(StreamOffset.Beginning, row.Offset));
        Assert.All(taken, row => Assert.Equal(RetainedBoundaries.None, row.Boundaries));
    }

    [Fact]
    public async Task A_take_over_returns_what_was_saved_and_raises_the_epoch()
    {
        var vbucket = new VBucketId(65535);
        var offset = new StreamOffset(
            new VBucketUuid(0xfedcba9876543210), new Seqno(0xffffffff_00000001),
            new StreamSnapshot(new Seqno(0xffffffff_00000000), Seqno.Max), ulong.MaxValue)
        {
            PurgeSeqno = new Seqno(0xffffffff_00000002),
        };
        var boundaries = RetainedBoundaries.None.Add(new RetainedBoundary(new VBucketUuid(9), new Seqno(5), Noon), Noon);
        await Store.TakeOverAsync(Group, [vbucket], "a", default);

        var fenced = await Store.SaveAsync(Group, [new OffsetUpdate(vbucket, new OwnershipEpoch(1), offset, boundaries)], default);
        var taken = Assert.Single(await Store.TakeOverAsync(Group, [vbucket], "b", default));

        Assert.Empty(fenced);
        Assert.Equal(new OwnedOffset(vbucket, new OwnershipEpoch(2), offset, boundaries), taken);
    }

    [Fact]
    public async Task A_mark_makes_the_next_owner_read_the_journal_until_it_is_taken_back()
    {
        var vbucket = new VBucketId(3);
        Assert.False(Assert.Single(await Store.TakeOverAsync(Group, [vbucket], "a", default)).MustRecover);

        await Store.SaveAsync(Group, [new OffsetUpdate(vbucket, new OwnershipEpoch(1), At(4), RetainedBoundaries.None, Mark: 7)], default);
        Assert.True(Assert.Single(await Store.TakeOverAsync(Group, [vbucket], "b", default)).MustRecover);

        await Store.SaveAsync(Group, [new OffsetUpdate(vbucket, new OwnershipEpoch(2), At(4), RetainedBoundaries.None)], default);
        Assert.False(Assert.Single(await Store.TakeOverAsync(Group, [vbucket], "c", default)).MustRecover);
    }

    [Fact]
    public async Task Rows_of_the_version_before_marks_have_the_journal_read_first()
    {
        var vbucket = new VBucketId(3);
        await Store.TakeOverAsync(Group, [vbucket], "a", default);
        await Database.RunAsync("going back to version 1", async (connection, cancel) =>
        {
            await connection.ExecuteAsync("ALTER TABLE actordcp_offsets DROP COLUMN must_recover", cancel);
            await connection.ExecuteAsync("ALTER TABLE actordcp_offsets DROP COLUMN purge_seqno", cancel);
            return await connection.ExecuteAsync("UPDATE actordcp_schema SET version = 1", cancel);
        }, default);

        await new PersistenceSchema(Database, NullLogger.Instance).EnsureAsync(default);
        await new PersistenceSchema(Database, NullLogger.Instance).EnsureAsync(default);

        Assert.True(Assert.Single(await Store.TakeOverAsync(Group, [vbucket], "b", default)).MustRecover);
    }

    [Fact]
    public async Task Rows_of_the_version_before_purge_seqnos_are_kept()
    {
        var vbucket = new VBucketId(3);
        await Store.TakeOverAsync(Group, [vbucket], "a", default);
        await Store.SaveAsync(Group, [Update(3, 1, 10)], default);
        await Database.RunAsync("going back to version 2", async (connection, cancel) =>
        {
            await connection.ExecuteAsync("ALTER TABLE actordcp_offsets DROP COLUMN purge_seqno", cancel);
            return await connection.ExecuteAsync("UPDATE actordcp_schema SET version = 2", cancel);
        }, default);

        await new PersistenceSchema(Database, NullLogger.Instance).EnsureAsync(default);

        var taken = Assert.Single(await Store.TakeOverAsync(Group, [vbucket], "b", default));
        Assert.Equal((At(10), false), (taken.Offset, taken.MustRecover));
    }

    [Fact]
    public async Task A_stale_owner_is_fenced_and_changes_nothing()
    {
        await Store.TakeOverAsync(Group, VBuckets(2), "a", default);
        await Store.TakeOverAsync(Group, [new VBucketId(1)], "b", default);

        var fenced = await Store.SaveAsync(Group, [Update(0, 1, 10), Update(1, 1, 10)], default);

        Assert.Equal([new VBucketId(1)], fenced);
        var rows = await Store.ReadAllAsync(Group, default);
        Assert.Equal(At(10), rows[0].Offset);
        Assert.Equal(StreamOffset.Beginning, rows[1].Offset);
        Assert.Equal("b", rows[1].Owner);
    }

    [Fact]
    public async Task Of_1024_positions_exactly_those_that_another_took_over_are_fenced()
    {
        var mine = await Store.TakeOverAsync(Group, VBuckets(1024), "a", default);
        var moved = VBuckets(1024).Where(vbucket => vbucket.Value % 7 == 3).ToArray();
        await Store.TakeOverAsync(Group, moved, "b", default);

        var fenced = await Store.SaveAsync(
            Group, [.. mine.Select(row => Update(row.VBucket.Value, row.Epoch.Value, 100UL + row.VBucket.Value))], default);

        Assert.Equal(moved, fenced);
        var rows = await Store.ReadAllAsync(Group, default);
        Assert.Equal(1024, rows.Count);
        Assert.All(rows, row => Assert.Equal(
            moved.Contains(row.VBucket) ? StreamOffset.Beginning : At(100UL + row.VBucket.Value), row.Offset));
    }

    [Fact]
    public async Task A_row_that_is_gone_is_fenced_and_not_made_anew()
    {
        var fenced = await Store.SaveAsync(Group, [Update(4, 1, 10)], default);

        Assert.Equal([new VBucketId(4)], fenced);
        Assert.Empty(await Store.ReadAllAsync(Group, default));
    }

    [Fact]
    public async Task Groups_and_bucket_incarnations_do_not_meet()
    {
        await Store.TakeOverAsync(Group, VBuckets(1), "a", default);
        await Store.TakeOverAsync(Group with { Group = "other" }, VBuckets(1), "a", default);
        var recreated = Assert.Single(await Store.TakeOverAsync(Group with { BucketUuid = "new" }, VBuckets(1), "a", default));

        Assert.Equal(new OwnershipEpoch(1), recreated.Epoch);
        Assert.Single(await Store.ReadAllAsync(Group, default));
    }

    [Fact]
    public async Task A_vbucket_named_twice_is_taken_over_once_and_never_saved_twice()
    {
        var taken = await Store.TakeOverAsync(Group, [new VBucketId(1), new VBucketId(1)], "a", default);

        Assert.Equal(new OwnershipEpoch(1), Assert.Single(taken).Epoch);
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SaveAsync(Group, [Update(1, 1, 1), Update(1, 1, 2)], default));
    }

    [Fact]
    public async Task Of_members_that_race_each_take_over_gets_an_epoch_of_its_own()
    {
        var vbuckets = VBuckets(600);
        var members = Enumerable.Range(0, 4).Select(i => (Name: $"m{i}", Store: new SqlOffsetStore(NewDatabase()))).ToList();

        var taken = await Task.WhenAll(members.Select(
            // each names them in an order of its own
            (member, i) => Task.Run(() => member.Store.TakeOverAsync(
                Group, i % 2 == 0 ? vbuckets : [.. vbuckets.Reverse()], member.Name, default))));

        foreach (var vbucket in vbuckets)
            Assert.Equal([1L, 2, 3, 4], taken.Select(rows => rows[vbucket.Value].Epoch.Value).Order());
        var rows = await Store.ReadAllAsync(Group, default);
        Assert.All(rows, row => Assert.Equal(4, row.Epoch.Value));
        Assert.All(rows, row => Assert.Equal(
            taken[int.Parse(row.Owner[1..], System.Globalization.CultureInfo.InvariantCulture)][row.VBucket.Value].Epoch, row.Epoch));
    }

    [Fact]
    public async Task A_position_never_goes_back_however_savers_and_take_overs_race()
    {
        var vbuckets = VBuckets(200);
        var members = Enumerable.Range(0, 3).Select(i => new SqlOffsetStore(NewDatabase())).ToList();

        await Task.WhenAll(members.Select((store, i) => Task.Run(async () =>
        {
            for (var round = 0; round < 8; round++)
            {
                var owned = await store.TakeOverAsync(Group, vbuckets, $"m{i}", default);
                for (var save = 0; save < 3 && owned.Count > 0; save++)
                {
                    // an owner goes on from what its row held: a save that a fence let through would show as a seqno lost
                    var updates = owned.Select(row => row with { Offset = At(row.Offset.Seqno.Value + 1) }).ToList();
                    var fenced = await store.SaveAsync(
                        Group, [.. updates.Select(row => new OffsetUpdate(row.VBucket, row.Epoch, row.Offset, row.Boundaries))], default);
                    owned = [.. updates.Where(row => !fenced.Contains(row.VBucket))];
                    Counted(owned.Count);
                }
            }
        })));

        var rows = await Store.ReadAllAsync(Group, default);
        Assert.Equal(_counted, rows.Sum(row => (long)row.Offset.Seqno.Value));
        Assert.All(rows, row => Assert.Equal(24, row.Epoch.Value));
    }

    [Fact]
    public async Task Tables_of_another_version_are_refused_with_the_mend()
    {
        await Database.RunAsync("test", (connection, cancel) =>
            connection.ExecuteAsync("UPDATE actordcp_schema SET version = 99", cancel), default);

        var refused = await Assert.ThrowsAsync<PersistenceConfigurationException>(
            () => new PersistenceSchema(Database, NullLogger.Instance).EnsureAsync(default));

        Assert.Contains("version 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains("another database", refused.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_that_start_together_make_the_tables_once()
    {
        await Database.RunAsync("test", async (connection, cancel) =>
        {
            foreach (var table in (string[])["actordcp_schema", "actordcp_offsets", "actordcp_groups"])
                await connection.ExecuteAsync($"DROP TABLE {table}", cancel);
            return 0;
        }, default);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            Task.Run(() => new PersistenceSchema(NewDatabase(), NullLogger.Instance).EnsureAsync(default))));

        Assert.Empty(await Store.ReadAllAsync(Group, default));
    }

    private long _counted;

    private void Counted(int saves) => Interlocked.Add(ref _counted, saves);

    private protected static OffsetUpdate Update(int vbucket, long epoch, ulong seqno) =>
        new(VBucketId.From(vbucket), new OwnershipEpoch(epoch), At(seqno), RetainedBoundaries.None);
}
