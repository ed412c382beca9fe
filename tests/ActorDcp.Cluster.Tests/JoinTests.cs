using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>A member that comes takes its share, and nobody else notices.</summary>
public sealed class JoinTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_member_that_joins_takes_its_share_and_only_that_moves()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = await postgres.CreateDatabaseAsync(), StartedMembers = 2, VBuckets = 1_024, WritesPerSecond = 512,
        });
        var old = cluster.Running.ToArray();
        var before = TestCluster.Owners(await cluster.EvenAsync(), old);

        var joined = cluster.Start(2);
        await joined.ReadyAsync();
        var status = await cluster.EvenAsync();

        var after = TestCluster.Owners(status, cluster.Running);
        var epochs = before.SelectMany(rows => rows).ToDictionary(row => row.Vb, row => row.Epoch);
        foreach (var member in old)
            Assert.All(after[member], row => Assert.True(
                row.Epoch == epochs[row.Vb] && before[member].Any(was => was.Vb == row.Vb), $"vbucket {row.Vb} moved, or began anew, though it stayed"));
        Assert.All(after[joined], row => Assert.Equal(epochs[row.Vb] + 1, row.Epoch));
        var lines = await cluster.SettleAsync();
        cluster.AssertRight(lines);
    }
}
