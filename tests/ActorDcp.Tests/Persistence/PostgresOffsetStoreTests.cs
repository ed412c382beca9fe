using ActorDcp.Persistence;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Tests.Persistence;

[Collection(UsesPostgres.Name)]
public sealed class PostgresOffsetStoreTests(PostgresServer server) : SqlOffsetStoreTests
{
    internal override async Task<PersistenceOptions> PrepareAsync() =>
        new(PersistenceProvider.PostgreSql, await server.CreateDatabaseAsync());

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
