using ActorDcp.Cluster.Tests.Members;
using ActorDcp.Hosting.Http;
using ActorDcp.Producer;
using Npgsql;

namespace ActorDcp.Cluster.Tests;

/// <summary>Groups of one Akka cluster and one database, each with its own bucket, members and progress.</summary>
public sealed class GroupsTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task What_happens_to_one_group_does_not_touch_another()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var orders = await TestCluster.StartAsync(new TestClusterOptions
        {
            Group = "orders", Database = database, StartedMembers = 2, UsesRelays = false,
        });
        await using var users = await TestCluster.StartAsync(new TestClusterOptions
        {
            Group = "users", Database = database, VBuckets = 128, StartedMembers = 2, UsesRelays = false, Settings = [("Cluster:Seeds", orders.Seeds)],
        });
        var before = Places(await orders.EvenAsync());
        Assert.Equal(2, (await orders.EvenAsync()).Members.Count);

        await users.Start(2).ReadyAsync();
        await users.EvenAsync();
        await users.KillAsync(users.Running[0]);
        await users.EvenAsync();
        await users.Running[0].StopAsync();
        await users.EvenAsync();

        Assert.Equal(before, Places(await orders.EvenAsync()));
        orders.AssertRight(await orders.SettleAsync());
        users.AssertRight(await users.SettleAsync());
    }

    // checkpoint reset --database, with the tables as members and their journal make them on PostgreSQL
    [Fact]
    public async Task A_stopped_group_is_forgotten_with_its_journal_and_begins_anew()
    {
        using var folder = new TestFolder();
        var database = await postgres.CreateDatabaseAsync();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        producer.Bucket.Set(new VBucketId(2), "k", "{}"u8);
        // a stop saves as a running member does
        await HandledAsync(producer, folder, database, "first.jsonl");
        Assert.Contains("stop all its members", (await ResetAsync(database, 1)).Error, StringComparison.Ordinal);
        await RunAsync(database, "UPDATE actordcp_offsets SET updated_at = updated_at - 60000000");
        Assert.True(await RunAsync(database, "SELECT count(*) FROM journal") >= 4, "the members' journal holds facts");

        var forgotten = (await ResetAsync(database, 0)).Output;

        Assert.Matches($"group test is forgotten: bucket {producer.Bucket.Uuid}, 4 positions, [1-9][0-9]* facts", forgotten);
        foreach (var table in (string[])["journal", "actordcp_offsets", "actordcp_groups"])
            Assert.Equal((table, 0L), (table, await RunAsync(database, $"SELECT count(*) FROM {table}")));
        await HandledAsync(producer, folder, database, "second.jsonl");
    }

    private static Dictionary<int, (string?, long)> Places(GroupStatus status) => status.VBuckets.ToDictionary(row => row.Vb, row => (row.Member, row.Epoch));

    private static async Task HandledAsync(EmbeddedProducer producer, TestFolder folder, string database, string file)
    {
        await using var member = ServeProcess.Start(
            producer.Endpoint.Port, folder, ("Handler:Path", folder.File(file)), ("Persistence:Provider", "postgresql"), ("Persistence:ConnectionString", database));
        await Eventually.TrueAsync(
            () => File.Exists(folder.File(file)) && DeliveryLine.Read(folder.File(file)).Any(line => line.Key == "k"), () => member.Error);
        await member.SignalAsync("TERM");
        Assert.Equal(0, await member.WaitForExitAsync());
    }

    private static async Task<HostResult> ResetAsync(string database, int exitCode)
    {
        var result = await HostProcess.RunAsync("checkpoint", "reset", "--group", "test", "--provider", "postgresql", "--database", database);
        Assert.True(result.ExitCode == exitCode, $"{result.ExitCode}: {result.Output}{result.Error}");
        return result;
    }

    /// <summary>Runs a statement; what it counts, or how many rows it changed.</summary>
    private static async Task<long> RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is long count ? count : 0;
    }
}
