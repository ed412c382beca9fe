using ActorDcp.Persistence;
using Akka.Actor;
using Akka.Configuration;
using LinqToDB.Data;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Tests.Persistence;

/// <summary>The journal's tables that we make are those that Akka.Persistence.Sql makes.</summary>
public abstract class JournalTablesTests : SqlStoreTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal abstract Config Journal(string connection);

    /// <summary>Columns and indexes of the journal's tables, a line each.</summary>
    internal abstract string Description { get; }

    [Fact]
    public async Task The_tables_are_those_that_the_journal_makes_itself()
    {
        var other = await PrepareAsync();
        using var theirs = new PersistenceDatabase(other, TimeProvider.System, NullLogger.Instance);
        var ours = await DescribeAsync(Database);
        Assert.InRange(ours.Count, 19 + 9, 19 + 10);
        var system = ActorSystem.Create("tables", ConfigurationFactory.ParseString("""
            akka.persistence.journal.sql.auto-initialize = true
            akka.persistence.snapshot-store.sql.auto-initialize = true
            """).WithFallback(Journal(other.ConnectionString)));
        try
        {
            var persistence = Akka.Persistence.Persistence.Instance.Apply(system);
            persistence.JournalFor("");
            persistence.SnapshotStoreFor("");
            using var deadline = new CancellationTokenSource(Patience);
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while ((await DescribeAsync(theirs)).Count < ours.Count && !deadline.IsCancellationRequested)
                await tick.WaitForNextTickAsync();

            Assert.Equal(await DescribeAsync(theirs), ours);
        }
        finally
        {
            await system.Terminate().WaitAsync(Patience);
        }
    }

    private Task<List<string>> DescribeAsync(PersistenceDatabase database) => database.RunAsync(
        "describing the tables", (connection, cancel) => connection.QueryToListAsync<string>(Description, cancel), default);
}

public sealed class SqliteJournalTablesTests : JournalTablesTests
{
    private readonly List<SqliteFile> _files = [];

    internal override string Description => """
        SELECT m.name || ' ' || c.name || ' ' || lower(c.type) || ' ' || c."notnull" || ' ' || c.pk
        FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name IN ('journal', 'tags', 'snapshot')
        UNION ALL
        SELECT m.name || ' ' || i.name || ' ' || i."unique" || ' ' || (SELECT group_concat(name) FROM pragma_index_info(i.name))
        FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND m.name IN ('journal', 'tags', 'snapshot')
        ORDER BY 1
        """;

    internal override Config Journal(string connection) => JournalConfiguration.Sqlite(connection);

    internal override Task<PersistenceOptions> PrepareAsync()
    {
        _files.Add(new SqliteFile());
        return Task.FromResult(new PersistenceOptions(PersistenceProvider.Sqlite, _files[^1].ConnectionString));
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var file in _files)
            file.Delete();
    }
}

[Collection(UsesPostgres.Name)]
public sealed class PostgresJournalTablesTests(PostgresServer server) : JournalTablesTests
{
    internal override string Description => """
        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, identity_generation, column_default) AS line
        FROM information_schema.columns WHERE table_name IN ('journal', 'tags', 'snapshot')
        UNION ALL
        SELECT indexdef FROM pg_indexes WHERE tablename IN ('journal', 'tags', 'snapshot')
        ORDER BY 1
        """;

    internal override Config Journal(string connection) => JournalConfiguration.PostgreSql(connection);

    internal override async Task<PersistenceOptions> PrepareAsync() =>
        new(PersistenceProvider.PostgreSql, await server.CreateDatabaseAsync());
}
