using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Of two sides that cannot reach each other one goes on, and the other is silent before that one takes over.</summary>
public sealed class PartitionTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_larger_side_goes_on_the_smaller_stops_in_time_and_rejoins_when_healed(int alone)
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { Database = await postgres.CreateDatabaseAsync() });
        var cut = cluster.Running.Single(member => member.Index == alone);
        var others = cluster.Running.Where(member => member != cut).ToArray();
        var before = TestCluster.Owners(await cluster.EvenAsync(), cluster.Running);
        // what was handled and not saved when the network parted comes again: the side that stops does not know that it will go on
        cluster.MayRepeatAfter(cut);

        cluster.Network.Part(alone);
        var after = TestCluster.Owners(await cluster.EvenAsync(others), others);
        cluster.Network.Heal();
        await cluster.EvenAsync();

        foreach (var member in others)
            Assert.Empty(before[member].Select(row => (row.Vb, row.Epoch)).Except(after[member].Select(row => (row.Vb, row.Epoch))));
        Assert.False(cut.HasExited);
        cluster.AssertRight(await cluster.SettleAsync());
    }
}
