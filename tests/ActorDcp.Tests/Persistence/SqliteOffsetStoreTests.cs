using ActorDcp.Persistence;
using LinqToDB.Data;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Tests.Persistence;

public sealed class SqliteOffsetStoreTests : SqlOffsetStoreTests
{
    private readonly SqliteFile _file = new();

    internal override Task<PersistenceOptions> PrepareAsync() =>
        Task.FromResult(new PersistenceOptions(PersistenceProvider.Sqlite, _file.ConnectionString));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _file.Delete();
    }

    [Fact]
    public async Task The_file_is_in_wal_mode()
    {
        await using var connection = new SqliteConnection(_file.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_file_that_another_process_keeps_locked_is_reported_as_unavailable_and_usable_again_later()
    {
        using var database = new PersistenceDatabase(
            Options with { StatementTimeout = TimeSpan.FromMilliseconds(300), Attempts = 2 }, TimeProvider.System, NullLogger.Instance);
        var store = new SqlOffsetStore(database);
        await using (var other = new SqliteConnection(_file.ConnectionString))
        {
            await other.OpenAsync();
            await using var transaction = (SqliteTransaction)await other.BeginTransactionAsync();

            var failure = await Assert.ThrowsAsync<PersistenceUnavailableException>(
                () => store.TakeOverAsync(Group, VBuckets(1), "a", default));
            Assert.Contains("locked", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(new OwnershipEpoch(1), Assert.Single(await store.TakeOverAsync(Group, VBuckets(1), "a", default)).Epoch);
    }

    [Fact]
    public async Task A_file_that_may_not_grow_is_reported_as_unavailable_and_usable_again_once_there_is_room()
    {
        var store = new SqlOffsetStore(Database);
        await store.TakeOverAsync(Group, VBuckets(1), "a", default);
        await LimitPagesAsync(1);

        var failure = await Assert.ThrowsAsync<PersistenceUnavailableException>(() => store.TakeOverAsync(Group, VBuckets(1024), "a", default));
        Assert.Contains("full", failure.Message, StringComparison.Ordinal);
        // what fits goes on
        Assert.Empty(await store.SaveAsync(Group, [Update(0, 1, 10)], default));
        await LimitPagesAsync(int.MaxValue);

        var taken = await store.TakeOverAsync(Group, VBuckets(1024), "a", default);
        Assert.Equal(At(10), taken[0].Offset);
        Assert.Equal([2L, 1L], taken.Take(2).Select(row => row.Epoch.Value));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_reported_as_unavailable()
    {
        using var database = new PersistenceDatabase(
            new PersistenceOptions(PersistenceProvider.Sqlite, "Data Source=/nonexistent-folder/a.db") { Attempts = 2 },
            TimeProvider.System, NullLogger.Instance);

        await Assert.ThrowsAsync<PersistenceUnavailableException>(
            () => new SqlOffsetStore(database).ReadAllAsync(Group, default));
    }
    // SQLite takes no less than the file has; the driver keeps the connection, and with it the limit
    private Task<int> LimitPagesAsync(int pages) => Database.RunAsync(
        "limiting the file", (connection, cancel) => connection.ExecuteAsync<int>($"PRAGMA max_page_count = {pages}", cancel), default);
}
