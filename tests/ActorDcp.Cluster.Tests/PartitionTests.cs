using ActorDcp.Cluster.Tests.Members;
using ActorDcp.Cluster.Tests.Network;
using ActorDcp.Hosting.Http;

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

    [Fact]
    public async Task A_member_cut_off_from_one_data_node_alone_stays_and_shows_it_and_goes_on_when_healed()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = await postgres.CreateDatabaseAsync(), Nodes = 2, StartedMembers = 0,
        });
        await using var near = new Relay(cluster.Producer.Nodes[0].Endpoint.Port);
        await using var far = new Relay(cluster.Producer.Nodes[1].Endpoint.Port);
        cluster.Producer.Nodes[0].AdvertiseExternally("127.0.0.1", near.Port);
        cluster.Producer.Nodes[1].AdvertiseExternally("127.0.0.1", far.Port);
        // the one member comes in from another network
        var cut = cluster.Start(0, ("Connection", $"couchbase://127.0.0.1:{near.Port}?network=external"));
        foreach (var member in new[] { cut, cluster.Start(1), cluster.Start(2) })
            await member.ReadyAsync();
        var before = await cluster.EvenAsync();
        var lost = Rows(before, cut, $"127.0.0.1:{far.Port}");
        Assert.True(lost.Count is > 0 and < 32, $"{lost.Count} vbuckets of one node at one of three members");

        await far.RefuseAsync();
        GroupStatus? during = null;
        await Eventually.TrueAsync(
            async () => (during = await cut.StatusAsync()) is not null && Waiting(during).Select(row => row.Vb).ToHashSet().SetEquals(lost)
                && Waiting(during).Any(row => row.Reason?.Contains("next try", StringComparison.Ordinal) == true),
            () => string.Join(", ", during is null ? [] : Waiting(during).Select(row => $"{row.Vb} {row.State} {row.Reason}")), TestCluster.Deadline);
        var shown = Assert.Single(during!.Nodes, node => node.Failure is not null);
        Assert.Equal(($"127.0.0.1:{far.Port}", true), (shown.Node, shown.FailedAt is not null));
        Assert.Equal(Places(before), Places(during));
        far.Accept();

        Assert.Equal(Places(before), Places(await cluster.EvenAsync()));
        cluster.AssertRight(await cluster.SettleAsync());
    }

    private static IEnumerable<VBucketStatus> Waiting(GroupStatus status) => status.VBuckets.Where(row => row.State != "Streaming");

    private static HashSet<int> Rows(GroupStatus status, MemberProcess member, string node) =>
        [.. status.VBuckets.Where(row => member.IsNamed(row.Member) && row.Node == node).Select(row => row.Vb)];

    private static Dictionary<int, (string?, long)> Places(GroupStatus status) => status.VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));
}
