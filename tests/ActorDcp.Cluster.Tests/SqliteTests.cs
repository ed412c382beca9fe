using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Members on one machine may share a SQLite file, and one configuration file.</summary>
public sealed class SqliteTests
{
    [Fact]
    public async Task Two_members_share_a_file_through_a_join_a_leave_and_a_crash_and_no_lock_reaches_the_user()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { Members = 2, StartedMembers = 1, Seeds = 2, SharesFile = true });
        await cluster.Start(1).ReadyAsync();
        await cluster.EvenAsync();
        var leaving = cluster.Running[0];
        var code = await leaving.StopAsync();
        Assert.True(code == 0, $"exit code {code}: {leaving.Error}");
        await cluster.EvenAsync();
        await cluster.Start(0).ReadyAsync();
        await cluster.EvenAsync();
        // of two members the one with the lower address survives the other's crash
        var killed = cluster.Running.MaxBy(member => cluster.Network.PortOf(member.Index))!;
        var survivor = cluster.Running.Single(member => member != killed);
        await cluster.KillAsync(killed);
        await cluster.EvenAsync(survivor);

        cluster.AssertRight(await cluster.SettleAsync());
        Assert.All(cluster.All, member => Assert.DoesNotContain("locked", member.Error + member.Output, StringComparison.OrdinalIgnoreCase));
    }
}
