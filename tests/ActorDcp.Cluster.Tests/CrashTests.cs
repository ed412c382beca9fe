using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Members that die or hang lose nothing; what runs elsewhere meanwhile is not disturbed by their return.</summary>
public sealed class CrashTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Vbuckets_of_a_killed_member_go_on_elsewhere(int index)
    {
        // members are as old as their order says: the first hosts the coordinators
        await using var cluster = await StartAsync(1);
        for (var i = 1; i < 3; i++)
            await cluster.Start(i).ReadyAsync();
        var before = TestCluster.Owners(await cluster.EvenAsync(), cluster.Running);
        var killed = cluster.Running.Single(member => member.Index == index);
        var others = cluster.Running.Where(member => member != killed).ToArray();

        await cluster.KillAsync(killed);
        var after = TestCluster.Owners(await cluster.EvenAsync(others), others);

        foreach (var member in others)
            Assert.Empty(before[member].Select(row => (row.Vb, row.Epoch)).Except(after[member].Select(row => (row.Vb, row.Epoch))));
        cluster.AssertRight(await cluster.SettleAsync());
    }

    [Fact]
    public async Task A_member_that_hung_finds_itself_fenced_and_rejoins()
    {
        await using var cluster = await StartAsync(3);
        var hung = cluster.Running.Single(member => member.Index == 0);
        var others = cluster.Running.Where(member => member != hung).ToArray();
        cluster.MayRepeatAfter(hung);

        await hung.SuspendAsync();
        await cluster.EvenAsync(others);
        await hung.ContinueAsync();
        await cluster.EvenAsync();

        Assert.False(hung.HasExited);
        Assert.Contains("rejoins", hung.Error, StringComparison.Ordinal);
        cluster.AssertRight(await cluster.SettleAsync());
    }

    [Fact]
    public async Task A_member_that_hung_ends_with_a_clear_word_when_told_not_to_rejoin()
    {
        await using var cluster = await StartAsync(3, ("Cluster:WhenRemoved", "exit"));
        var hung = cluster.Running.Single(member => member.Index == 2);
        var others = cluster.Running.Where(member => member != hung).ToArray();
        cluster.MayRepeatAfter(hung);

        await hung.SuspendAsync();
        await cluster.EvenAsync(others);
        await hung.ContinueAsync();

        Assert.Equal(1, await hung.WaitForExitAsync());
        Assert.Contains("was removed from the cluster", hung.Error, StringComparison.Ordinal);
        cluster.AssertRight(await cluster.SettleAsync());
    }

    private async Task<TestCluster> StartAsync(int members, params (string Key, string Value)[] settings) =>
        await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = await postgres.CreateDatabaseAsync(), StartedMembers = members, Settings = settings,
        });
}
