using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Members that are told to stop hand their vbuckets over exactly after the last handled event.</summary>
public sealed class LeaveTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    /// <summary>A checkpoint by itself is far away: what a stop does not save comes again.</summary>
    private static readonly (string, string)[] FarCheckpoints = [("Checkpoint:Interval", "50s")];

    // the first seed formed the cluster: coordinator and singletons are with it, and move when it leaves
    private static readonly int[] OldestFirst = [0, 2, 1];

    [Fact]
    public async Task A_rolling_restart_that_begins_with_the_oldest_repeats_nothing()
    {
        await using var cluster = await StartAsync();
        foreach (var i in OldestFirst)
        {
            var leaving = cluster.Running.Single(member => member.Index == i);
            var before = TestCluster.Owners(await cluster.EvenAsync(), cluster.Running);
            await LeaveAsync(leaving);
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
    public async Task Several_members_that_leave_at_once_or_all_of_them_repeat_nothing_and_end_in_time()
    {
        await using var cluster = await StartAsync();
        await Task.WhenAll(cluster.Running.Where(member => member.Index != 1).Select(LeaveAsync));
        await cluster.EvenAsync();
        await LeaveAsync(cluster.Running.Single());
        await StartAllAsync(cluster);

        await Task.WhenAll(cluster.Running.Select(LeaveAsync));
        await StartAllAsync(cluster);

        cluster.AssertRight(await cluster.SettleAsync());
    }

    [Fact]
    public async Task A_member_that_cannot_leave_in_peace_says_so_and_ends_and_the_others_go_on()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Database = await postgres.CreateDatabaseAsync(), Settings = [("DrainTimeout", "2s")],
        });
        await DatabaseDiesAsync(cluster, 2);
        await ToldTwiceAsync(cluster, 1);
        // the oldest, with the coordinator on its way
        var killed = await DrainingAsync(cluster, 0);
        await killed.KillAsync();
        await cluster.EvenAsync();

        // a few vbuckets leave at a time: the last stream on while the first wait for their database
        cluster.AssertRight(await cluster.SettleAsync(), holdsFor: TimeSpan.FromSeconds(15));
    }

    private static async Task DatabaseDiesAsync(TestCluster cluster, int index)
    {
        var leaving = await DrainingAsync(cluster, index);
        await cluster.DatabaseOf(index).RefuseAsync();

        var code = await leaving.WaitForExitAsync();

        Assert.True(code == 1, $"exit code {code}: {leaving.Error}");
        Assert.Contains("its position could not be saved in time", leaving.Error, StringComparison.Ordinal);
        Assert.Contains("ended without finishing or saving", leaving.Error, StringComparison.Ordinal);
        await cluster.EvenAsync();
        cluster.DatabaseOf(index).Accept();
        await StartAsync(cluster, index);
    }

    private static async Task ToldTwiceAsync(TestCluster cluster, int index)
    {
        var leaving = await DrainingAsync(cluster, index);
        await leaving.SignalAsync("TERM");

        var code = await leaving.WaitForExitAsync();

        // as the system ends a process that does not listen
        Assert.True(code == 128 + 15, $"exit code {code}: {leaving.Error}");
        Assert.Contains("told to stop a second time: ends at once", leaving.Error, StringComparison.Ordinal);
        await cluster.EvenAsync();
        await StartAsync(cluster, index);
    }

    /// <summary>Tells a member to stop, whose database does not answer, so that it is in the middle of it when this returns.</summary>
    private static async Task<MemberProcess> DrainingAsync(TestCluster cluster, int index)
    {
        var leaving = cluster.Running.Single(member => member.Index == index);
        var other = cluster.Running.First(member => member != leaving);
        cluster.MayRepeatAfter(leaving);
        cluster.DatabaseOf(index).Hold(_ => true);
        await leaving.SignalAsync("TERM");
        await Eventually.TrueAsync(
            async () => await other.StatusAsync() is { } status
                && status.VBuckets.Any(row => leaving.IsNamed(row.Member) && row is { State: "Draining", Reason: "saving the position" }),
            () => $"it never drained: {leaving.Error}", TestCluster.Deadline);
        return leaving;
    }

    private static async Task LeaveAsync(MemberProcess member)
    {
        var code = await member.StopAsync();
        Assert.True(code == 0, $"exit code {code}: {member.Error}");
    }

    private static async Task StartAllAsync(TestCluster cluster)
    {
        var members = Enumerable.Range(0, cluster.Options.Members).Select(index => cluster.Start(index)).ToList();
        foreach (var member in members)
            await member.ReadyAsync();
        await cluster.EvenAsync();
    }

    private static async Task StartAsync(TestCluster cluster, int index)
    {
        cluster.DatabaseOf(index).Pass();
        await cluster.Start(index).ReadyAsync();
        await cluster.EvenAsync();
    }

    private async Task<TestCluster> StartAsync() =>
        await TestCluster.StartAsync(new TestClusterOptions { Database = await postgres.CreateDatabaseAsync(), Settings = FarCheckpoints });
}
