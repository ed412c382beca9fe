using ActorDcp.Group;
using ActorDcp.Persistence;
using ActorDcp.Tests.Persistence;

namespace ActorDcp.Tests.Group;

public abstract class GroupStoreTests : SqlStoreTests
{
    private static readonly GroupIdentity Identity = new("audit", "5d0c5b1a", 1024, 128, "beginning", "");

    private GroupStore Store => new(Database);

    [Fact]
    public async Task A_group_is_registered_once_and_the_same_from_then_on()
    {
        Assert.Null(await Store.FindAsync("audit", default));

        var first = Assert.IsType<GroupRegistration.Registered>(await Store.RegisterAsync(Identity, "a", [], default));
        var second = Assert.IsType<GroupRegistration.Same>(await Store.RegisterAsync(Identity, "b", [], default));

        Assert.Equal(first.Group, second.Group);
        Assert.Equal("a", second.Group.CreatedBy);
        Assert.Equal(first.Group, await Store.FindAsync("audit", default));
    }

    [Fact]
    public async Task What_differs_is_named_with_both_values_and_the_mend()
    {
        await Store.RegisterAsync(Identity, "a", [], default);

        var conflict = Assert.IsType<GroupRegistration.Conflict>(await Store.RegisterAsync(
            Identity with { BucketUuid = "new", VBucketCount = 64, ShardCount = 32, FilterFingerprint = "c:8" }, "b", [], default));

        Assert.Equal(
            [("ActorDcp:Bucket (UUID)", "5d0c5b1a", "new"), ("ActorDcp:Bucket (vbuckets)", "1024", "64"),
             ("ActorDcp:Cluster:Shards", "128", "32"), ("ActorDcp:Stream", "(nothing)", "c:8")],
            conflict.Differences.Select(difference => (difference.Key, difference.Stored, difference.Given)));
        Assert.All(conflict.Differences, difference => Assert.NotEmpty(difference.Mend));
    }

    [Fact]
    public async Task A_forgotten_group_starts_for_the_first_time_again_and_others_stay()
    {
        await Store.RegisterAsync(Identity, "a", Pins(5), default);
        await new SqlOffsetStore(Database).TakeOverAsync(Group, [new VBucketId(3)], "a", default);
        await Store.RegisterAsync(Identity with { Group = "audit%" }, "a", Pins(9), default);

        var would = await Store.ForgetAsync("audit", dryRun: true, default);
        Assert.NotNull(await Store.FindAsync("audit", default));
        var forgotten = await Store.ForgetAsync("audit", dryRun: false, default);

        Assert.Equal(would, forgotten);
        Assert.Equal(("5d0c5b1a", 1024), (forgotten!.BucketUuid, forgotten.Positions));
        Assert.Null(await Store.ForgetAsync("audit", dryRun: false, default));
        Assert.IsType<GroupRegistration.Registered>(await Store.RegisterAsync(Identity with { BucketUuid = "new" }, "a", [], default));
        Assert.NotNull(await Store.FindAsync("audit%", default));
        Assert.Empty(await new SqlOffsetStore(Database).ReadAllAsync(Group, default));
    }

    [Fact]
    public async Task The_start_policy_counts_at_the_first_start_only()
    {
        await Store.RegisterAsync(Identity, "a", [], default);

        var again = Assert.IsType<GroupRegistration.Same>(
            await Store.RegisterAsync(Identity with { StartPolicy = "now" }, "a", Pins(5), default));

        Assert.Equal("beginning", again.Group.Identity.StartPolicy);
        Assert.Empty(await new SqlOffsetStore(Database).ReadAllAsync(Group, default));
    }

    [Fact]
    public async Task A_new_group_is_pinned_and_its_owners_begin_at_the_pins()
    {
        await Store.RegisterAsync(Identity, "a", Pins(ulong.MaxValue - 2000), default);

        var offsets = new SqlOffsetStore(Database);
        var rows = await offsets.ReadAllAsync(Group, default);
        Assert.Equal(1024, rows.Count);
        Assert.All(rows, row => Assert.Equal(OwnershipEpoch.None, row.Epoch));
        var owned = await offsets.TakeOverAsync(Group, [new VBucketId(7)], "a", default);
        Assert.Equal(new OwnershipEpoch(1), owned[0].Epoch);
        Assert.Equal(At(ulong.MaxValue - 1993, 0x8000_0000_0000_0000), owned[0].Offset);
    }

    [Fact]
    public async Task A_group_that_exists_is_not_pinned_again()
    {
        await Store.RegisterAsync(Identity, "a", Pins(5), default);
        await Store.RegisterAsync(Identity, "a", Pins(50_000), default);

        Assert.Equal(At(5, 0x8000_0000_0000_0000), (await new SqlOffsetStore(Database).ReadAllAsync(Group, default))[0].Offset);
    }

    [Fact]
    public async Task Of_members_that_register_at_once_one_does_and_the_others_see_the_same()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Task.Run(
            () => new GroupStore(NewDatabase()).RegisterAsync(Identity, $"m{i}", Pins((ulong)i * 5_000), default))));

        var winner = Assert.Single(results.OfType<GroupRegistration.Registered>());
        Assert.All(results.OfType<GroupRegistration.Same>(), same => Assert.Equal(winner.Group, same.Group));
        Assert.Equal(4, results.OfType<GroupRegistration.Same>().Count());
        var rows = await new SqlOffsetStore(Database).ReadAllAsync(Group, default);
        Assert.Single(rows.Select(row => row.Offset.Seqno.Value - row.VBucket.Value).Distinct()); // the pins of one of them
    }

    [Fact]
    public async Task Pins_of_some_vbuckets_only_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.RegisterAsync(Identity, "a", Pins(5)[1..], default));
        Assert.Null(await Store.FindAsync("audit", default));
    }

    private static StartPin[] Pins(ulong seqno) =>
        [.. VBuckets(1024).Select(vbucket => new StartPin(vbucket, At(seqno + vbucket.Value, 0x8000_0000_0000_0000)))];
}

public sealed class SqliteGroupStoreTests : GroupStoreTests
{
    private readonly SqliteFile _file = new();

    internal override Task<PersistenceOptions> PrepareAsync() =>
        Task.FromResult(new PersistenceOptions(PersistenceProvider.Sqlite, _file.ConnectionString));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _file.Delete();
    }
}

[Collection(UsesPostgres.Name)]
public sealed class PostgresGroupStoreTests(PostgresServer server) : GroupStoreTests
{
    internal override async Task<PersistenceOptions> PrepareAsync() =>
        new(PersistenceProvider.PostgreSql, await server.CreateDatabaseAsync());
}
