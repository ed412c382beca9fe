using ActorDcp.Cluster.Tests.Members;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Cluster.Tests;

/// <summary>Groups of one Akka cluster and one database, each with its own bucket, members and progress.</summary>
public sealed class GroupsTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task What_happens_to_one_group_does_not_touch_another()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var orders = await TestCluster.StartAsync(new TestClusterOptions
        {
            Group = "orders", Database = database, StartedMembers = 2, UsesRelays = false,
        });
        await using var users = await TestCluster.StartAsync(new TestClusterOptions
        {
            Group = "users", Database = database, VBuckets = 128, StartedMembers = 2, UsesRelays = false, Settings = [("Cluster:Seeds", orders.Seeds)],
        });
        var before = Places(await orders.EvenAsync());
        Assert.Equal(2, (await orders.EvenAsync()).Members.Count);

        await users.Start(2).ReadyAsync();
        await users.EvenAsync();
        await users.KillAsync(users.Running[0]);
        await users.EvenAsync();
        await users.Running[0].StopAsync();
        await users.EvenAsync();

        Assert.Equal(before, Places(await orders.EvenAsync()));
        Assert.Empty(orders.Verdict(await orders.SettleAsync()));
        Assert.Empty(users.Verdict(await users.SettleAsync()));
    }

    private static Dictionary<int, (string?, long)> Places(GroupStatus status) => status.VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));
}
