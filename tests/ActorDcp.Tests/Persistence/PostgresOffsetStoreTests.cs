using ActorDcp.Persistence;
using LinqToDB.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ActorDcp.Tests.Persistence;

[Collection(UsesPostgres.Name)]
public sealed class PostgresOffsetStoreTests(PostgresServer server) : SqlOffsetStoreTests
{
    internal override async Task<PersistenceOptions> PrepareAsync() =>
        new(PersistenceProvider.PostgreSql, await server.CreateDatabaseAsync());

    [Fact]
    public async Task A_member_that_falls_silent_in_a_transaction_keeps_nobody_from_taking_over()
    {
        var patient = new PersistenceOptions(Options.Provider, Options.ConnectionString) { StatementTimeout = TimeSpan.FromSeconds(1), Attempts = 1 };
        using var silent = new PersistenceDatabase(patient, TimeProvider.System, NullLogger.Instance);
        await new SqlOffsetStore(Database).TakeOverAsync(Group, VBuckets(1), "a", default);
        var holds = new TaskCompletionSource();
        var ends = new TaskCompletionSource<int>();
        var transaction = silent.RunAsync("falling silent", async (connection, cancel) =>
        {
            await connection.ExecuteAsync("UPDATE actordcp_offsets SET owner = 'silent'", cancel);
            holds.SetResult();
            return await ends.Task;
        }, default);
        await holds.Task;

        var taken = await new SqlOffsetStore(Database).TakeOverAsync(Group, VBuckets(1), "b", default);

        Assert.Equal(new OwnershipEpoch(2), Assert.Single(taken).Epoch);
        ends.SetResult(0);
        await Assert.ThrowsAsync<PersistenceUnavailableException>(() => transaction);
    }

    [Fact]
    public async Task A_save_that_the_server_ends_for_a_deadlock_is_made_again()
    {
        using var database = Access(Options.ConnectionString + ";Options=-c deadlock_timeout=500ms");
        var store = new SqlOffsetStore(database);
        await store.TakeOverAsync(Group, VBuckets(2), "a", default);
        await using var other = await OpenAsync(Options.ConnectionString);
        await RunAsync(other, "SET deadlock_timeout = '1h'");
        await RunAsync(other, "BEGIN; UPDATE actordcp_offsets SET manifest_uid = 1 WHERE vbucket = 1");

        var saving = store.SaveAsync(Group, [Update(0, 1, 10), Update(1, 1, 10)], default);
        await Eventually.TrueAsync(
            async () => (long)(await RunAsync(other, "SELECT count(*) FROM pg_locks WHERE NOT granted"))! > 0, () => "the save waits for nobody");
        // each waits for the other, and only ours looks for it: this comes through because the server ends ours
        await RunAsync(other, "UPDATE actordcp_offsets SET manifest_uid = 1 WHERE vbucket = 0; COMMIT");

        Assert.Empty(await saving);
        Assert.All(await store.ReadAllAsync(Group, default), row => Assert.Equal((At(10), new OwnershipEpoch(1)), (row.Offset, row.Epoch)));
    }

    [Fact]
    public async Task A_lock_that_lasts_longer_than_all_tries_costs_the_save_and_not_the_ownership()
    {
        using var database = Access(Options.ConnectionString, TimeSpan.FromSeconds(1));
        var store = new SqlOffsetStore(database);
        await store.TakeOverAsync(Group, VBuckets(1), "a", default);
        await using var other = await OpenAsync(Options.ConnectionString);
        await RunAsync(other, "BEGIN; LOCK TABLE actordcp_offsets IN ACCESS EXCLUSIVE MODE");

        await Assert.ThrowsAsync<PersistenceUnavailableException>(() => store.SaveAsync(Group, [Update(0, 1, 10)], default));
        await RunAsync(other, "ROLLBACK");

        Assert.Empty(await store.SaveAsync(Group, [Update(0, 1, 11)], default));
        Assert.Equal(At(11), Assert.Single(await store.ReadAllAsync(Group, default)).Offset);
    }

    [Fact]
    public async Task A_server_without_connections_to_give_is_unavailable_until_one_is_free()
    {
        await using var admin = await OpenAsync(Options.ConnectionString);
        await RunAsync(admin, "CREATE ROLE few LOGIN CONNECTION LIMIT 1; GRANT ALL ON ALL TABLES IN SCHEMA public TO few");
        var few = new NpgsqlConnectionStringBuilder(Options.ConnectionString) { Username = "few" }.ToString();
        using var database = Access(few);
        var store = new SqlOffsetStore(database);
        await using (await OpenAsync(few))
        {
            var failure = await Assert.ThrowsAsync<PersistenceUnavailableException>(() => store.TakeOverAsync(Group, VBuckets(1), "a", default));
            Assert.Contains("after 2 tries: 53300", failure.Message, StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(
            async () => (long)(await RunAsync(admin, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'few'"))! == 0, () => "it stays connected");
        Assert.Equal(new OwnershipEpoch(1), Assert.Single(await store.TakeOverAsync(Group, VBuckets(1), "a", default)).Epoch);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_reported_as_unavailable_without_the_password()
    {
        var options = new PersistenceOptions(
            PersistenceProvider.PostgreSql, "Host=127.0.0.1;Port=1;Username=u;Password=sesame;Database=d;Timeout=2") { Attempts = 2 };
        using var database = new PersistenceDatabase(options, TimeProvider.System, NullLogger.Instance);

        var failure = await Assert.ThrowsAsync<PersistenceUnavailableException>(
            () => new SqlOffsetStore(database).ReadAllAsync(Group, default));

        Assert.DoesNotContain("sesame", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", options.ToString(), StringComparison.Ordinal);
    }
    private static PersistenceDatabase Access(string connection, TimeSpan? statementTimeout = null) => new(
        new PersistenceOptions(PersistenceProvider.PostgreSql, connection) { Attempts = 2, StatementTimeout = statementTimeout ?? TimeSpan.FromSeconds(5) },
        TimeProvider.System, NullLogger.Instance);

    private static async Task<NpgsqlConnection> OpenAsync(string connection)
    {
        var opened = new NpgsqlConnection(connection + ";Pooling=false");
        await opened.OpenAsync();
        return opened;
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
