using ActorDcp.Cluster.Tests.Members;
using Npgsql;

namespace ActorDcp.Cluster.Tests;

/// <summary>The witness of these tests finds faults: planted in the database, under real members, they turn its verdict red.</summary>
public sealed class WitnessTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_checkpoint_that_passes_what_was_not_handled_is_found()
    {
        var verdict = await RestartAsync("UPDATE actordcp_offsets SET seqno = seqno + 3, snap_start = seqno + 3, snap_end = seqno + 3 WHERE vbucket = 5");

        Assert.Contains(verdict, violation => violation.StartsWith("vb 5: lost: ", StringComparison.Ordinal));
        Assert.Contains(verdict, violation => violation.StartsWith("vb 5: gap: ", StringComparison.Ordinal));
        Assert.All(verdict, violation => Assert.StartsWith("vb 5: ", violation, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redelivery_after_a_graceful_stop_is_found()
    {
        var verdict = await RestartAsync("UPDATE actordcp_offsets SET seqno = seqno - 2, snap_start = seqno - 2, snap_end = seqno - 2 WHERE vbucket = 7");

        Assert.Contains(verdict, violation => violation.StartsWith("vb 7: redelivered: ", StringComparison.Ordinal));
        Assert.All(verdict, violation => Assert.StartsWith("vb 7: ", violation, StringComparison.Ordinal));
    }

    /// <summary>Two groups of members that do not know of each other, on a table whose epochs do not rise.</summary>
    [Fact]
    public async Task A_missing_fence_is_found()
    {
        await using var cluster = await StartAsync();
        await ExecuteAsync(cluster, """
            CREATE FUNCTION keep_epoch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.epoch := OLD.epoch; RETURN NEW; END $$;
            CREATE TRIGGER keep_epoch BEFORE UPDATE ON actordcp_offsets FOR EACH ROW EXECUTE FUNCTION keep_epoch();
            """);
        await cluster.Start(1, ("Cluster:Seeds", "")).ReadyAsync();
        var together = cluster.Writer.Written;
        await Eventually.TrueAsync(() => cluster.Writer.Written > together + 1_500, () => "the writer stands still");

        var verdict = cluster.Verdict(await cluster.SettleAsync());

        Assert.Contains(verdict, violation => violation.Contains("out of order: ", StringComparison.Ordinal));
    }

    private async Task<TestCluster> StartAsync() =>
        await TestCluster.StartAsync(new TestClusterOptions { Database = await postgres.CreateDatabaseAsync(), Members = 2, StartedMembers = 1, Seeds = 1 });

    /// <summary>A member is stopped, the fault planted, another started.</summary>
    private async Task<IReadOnlyList<string>> RestartAsync(string fault)
    {
        await using var cluster = await StartAsync();
        await Eventually.TrueAsync(() => cluster.Lines().Count(line => line.VBucket is 5 or 7) > 20, () => "nothing is handled");
        Assert.Equal(0, await cluster.Running.Single().StopAsync());
        await ExecuteAsync(cluster, fault);
        await cluster.Start(0).ReadyAsync();
        return cluster.Verdict(await cluster.SettleAsync());
    }

    private static async Task ExecuteAsync(TestCluster cluster, string sql)
    {
        await using var connection = new NpgsqlConnection(cluster.Options.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
