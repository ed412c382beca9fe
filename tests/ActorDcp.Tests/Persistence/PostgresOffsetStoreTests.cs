using ActorDcp.Persistence;
using LinqToDB.Data;
using Microsoft.Extensions.Logging.Abstractions;

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
}
