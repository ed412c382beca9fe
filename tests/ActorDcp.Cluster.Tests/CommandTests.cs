using ActorDcp.Cluster.Tests.Measuring;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Commands with fewer members than they have unless told otherwise.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task A_cluster_of_fewer_members_than_seeds_has_all_its_members_for_seeds()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { Members = 2, StartedMembers = 0, VBuckets = 4 });

        Assert.Equal(2, cluster.Seeds.Split(',').Distinct().Count());
    }

    [Fact]
    public async Task Killing_all_members_is_refused_before_anything_is_started()
    {
        var refusal = await Assert.ThrowsAsync<FormatException>(() => ManyMembers.RunAsync(CommandWords.Parse(["--members", "2"], ["members"])));

        Assert.Contains("--killed 5 of --members 2", refusal.Message, StringComparison.Ordinal);
    }
}
