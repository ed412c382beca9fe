using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Members that are told to stop hand their vbuckets over exactly after the last handled event.</summary>
public sealed class LeaveTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    /// <summary>A checkpoint by itself is far away: what a stop does not save comes again.</summary>
    private static readonly (string, string)[] FarCheckpoints = [("Checkpoint:Interval", "50s")];

    [Fact]
    public async Task A_rolling_restart_repeats_nothing()
    {
        await using var cluster = await StartAsync();
        for (var i = 2; i >= 0; i--)
        {
            var leaving = cluster.Running.Single(member => member.Index == i);
            var before = TestCluster.Owners(await cluster.EvenAsync(), cluster.Running);
            var code = await leaving.StopAsync();
            Assert.True(code == 0, $"exit code {code}: {leaving.Error}");
            var after = TestCluster.Owners(await cluster.EvenAsync(), cluster.Running);
            foreach (var stayed in cluster.Running)
                Assert.Empty(before[stayed].Select(row => (row.Vb, row.Epoch)).Except(after[stayed].Select(row => (row.Vb, row.Epoch))));
            await cluster.Start(i).ReadyAsync();
            await cluster.EvenAsync();
        }

        var lines = await cluster.SettleAsync();
        cluster.AssertRight(lines);
        Assert.True(lines.Max(line => line.Epoch) >= 3, "hardly anything moved: the test shows nothing");
    }

    [Fact]
    public async Task Several_members_that_leave_at_once_repeat_nothing_and_end_in_time()
    {
        await using var cluster = await StartAsync();
        var leaving = cluster.Running.Where(member => member.Index != 1).ToArray();
        var codes = await Task.WhenAll(leaving.Select(member => member.StopAsync()));

        Assert.All(codes, code => Assert.Equal(0, code));
        await cluster.EvenAsync();
        await cluster.Running.Single().StopAsync();
        await cluster.Start(0).ReadyAsync();
        await cluster.EvenAsync();

        cluster.AssertRight(await cluster.SettleAsync());
    }

    private async Task<TestCluster> StartAsync() =>
        await TestCluster.StartAsync(new TestClusterOptions { Database = await postgres.CreateDatabaseAsync(), Settings = FarCheckpoints });
}
