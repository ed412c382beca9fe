using System.Globalization;
using System.Text.RegularExpressions;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>While the database is away streams go on for a while, then hold, and nothing ends.</summary>
public sealed partial class DatabaseTests : IClassFixture<PostgresServer>
{
    private static readonly (string, string)[] ShortPatience = [("Checkpoint:MaxUncheckpointed", "3s")];

    private readonly PostgresServer _postgres;

    public DatabaseTests(PostgresServer postgres) => _postgres = postgres;

    [Fact]
    public async Task A_database_that_is_stopped_and_started_costs_a_hold_and_nothing_else()
    {
        await using var cluster = await StartAsync();
        var before = (await cluster.EvenAsync()).VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));

        await _postgres.StopAsync();
        await HoldsAsync(cluster, cluster.Running);
        await _postgres.StartAsync();
        var after = (await cluster.EvenAsync()).VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));

        Assert.Equal(before, after);
        cluster.AssertRight(await cluster.SettleAsync());
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_held_for_as_well()
    {
        await using var cluster = await StartAsync();
        for (var i = 0; i < cluster.Options.Members; i++)
            cluster.DatabaseOf(i).Hold(_ => true);
        await HoldsAsync(cluster, cluster.Running);
        for (var i = 0; i < cluster.Options.Members; i++)
            cluster.DatabaseOf(i).Pass();

        cluster.AssertRight(await cluster.SettleAsync());
    }

    [Fact]
    public async Task A_member_that_alone_cannot_save_gives_its_vbuckets_up_and_comes_back()
    {
        await using var cluster = await StartAsync();
        var cut = cluster.Running.Single(member => member.Index == 0);
        var others = cluster.Running.Where(member => member != cut).ToArray();
        cluster.MayRepeatAfter(cut);

        await cluster.DatabaseOf(0).RefuseAsync();
        await cluster.EvenAsync(others);
        cluster.DatabaseOf(0).Accept();
        await cluster.EvenAsync();

        Assert.Contains("cannot save its positions", cut.Error, StringComparison.Ordinal);
        cluster.AssertRight(await cluster.SettleAsync(), holdsFor: TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_database_that_conflicts_is_slow_full_or_refuses_costs_a_hold_and_nothing_else()
    {
        var database = await _postgres.CreateDatabaseAsync();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { Database = database, Settings = ShortPatience });
        var before = (await cluster.EvenAsync()).VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));
        await using var trouble = await DatabaseTrouble.PrepareAsync(database);

        await trouble.BeginAsync("IF random() < 0.7 THEN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF;");
        await trouble.MetAsync(20);
        await trouble.BeginAsync("PERFORM pg_sleep(1);");
        await trouble.MetAsync(10);
        await trouble.BeginAsync("RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';");
        await HoldsAsync(cluster, cluster.Running);
        await trouble.EndAsync();
        await cluster.EvenAsync();
        await trouble.RefuseAsync();
        await HoldsAsync(cluster, cluster.Running);
        await trouble.AllowAsync();
        var after = (await cluster.EvenAsync()).VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));

        Assert.Equal(before, after);
        cluster.AssertRight(await cluster.SettleAsync());
    }

    [Fact]
    public async Task A_database_that_is_away_at_the_first_start_is_waited_for_in_few_words()
    {
        await using var cluster = await TestCluster.StartAsync(
            new TestClusterOptions { Database = await _postgres.CreateDatabaseAsync(), Members = 1, StartedMembers = 0 });
        await cluster.DatabaseOf(0).RefuseAsync();
        var member = cluster.Start(0);
        await Eventually.TrueAsync(
            () => member.HasExited || Pauses().Count >= 3, () => $"it does not say what it waits for: {member.Error}", TestCluster.Deadline);
        var (pauses, words) = (Pauses(), member.Error.Trim().Split('\n'));
        cluster.DatabaseOf(0).Accept();
        await member.ReadyAsync();
        await cluster.EvenAsync();

        Assert.All(pauses, pause => Assert.InRange(pause, 0.4, 15));
        Assert.True(words.Length < 12 * pauses.Count, $"{words.Length} lines: {member.Error}");
        Assert.Contains(words, line => line.Contains("creating the tables failed on PostgreSql", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", member.Error, StringComparison.Ordinal);
        cluster.AssertRight(await cluster.SettleAsync());

        List<double> Pauses() =>
            [.. AnnouncedPause().Matches(member.Error).Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex("trying again in ([0-9.]+) s")]
    private static partial Regex AnnouncedPause();

    private async Task<TestCluster> StartAsync() =>
        await TestCluster.StartAsync(new TestClusterOptions { Database = await _postgres.CreateDatabaseAsync(), Settings = ShortPatience });

    /// <summary>Waits until no member hands anything over, though the writer goes on.</summary>
    private static async Task HoldsAsync(TestCluster cluster, IReadOnlyList<MemberProcess> members)
    {
        var lines = -1;
        var silent = 0;
        await Eventually.TrueAsync(
            () =>
            {
                var now = cluster.Lines().Count;
                silent = now == lines ? silent + 1 : 0;
                lines = now;
                return silent >= 2 && members.All(member => !member.HasExited);
            },
            () => $"{lines} lines; {string.Join(Environment.NewLine, members.Select(member => member.Error))}", TestCluster.Deadline, TimeSpan.FromSeconds(1));
    }
}
