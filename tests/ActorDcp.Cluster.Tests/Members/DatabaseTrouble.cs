using System.Globalization;
using Npgsql;

namespace ActorDcp.Cluster.Tests.Members;

/// <summary>Makes a PostgreSQL database fail in its own words: what it answers comes from the server, by a trigger before each write.</summary>
internal sealed class DatabaseTrouble : IAsyncDisposable
{
    private readonly NpgsqlConnection _database;
    private readonly NpgsqlConnection _server;

    private DatabaseTrouble(NpgsqlConnection database, NpgsqlConnection server)
    {
        _database = database;
        _server = server;
    }

    public static async Task<DatabaseTrouble> PrepareAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        var trouble = new DatabaseTrouble(
            new NpgsqlConnection(settings.ToString()), new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.ToString()) { Database = "postgres" }.ToString()));
        await trouble._database.OpenAsync();
        await trouble._server.OpenAsync();
        await RunAsync(trouble._database, "CREATE SEQUENCE troubles");
        await trouble.EndAsync();
        await RunAsync(trouble._database,
            """
            DO $$ DECLARE name text; BEGIN
              FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('CREATE TRIGGER trouble BEFORE INSERT OR UPDATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION trouble()', name);
              END LOOP;
            END $$
            """);
        return trouble;
    }

    /// <summary>From now on every write does this first.</summary>
    public Task BeginAsync(string statements) => RunAsync(_database,
        $"""
         CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $body$
         BEGIN
           PERFORM nextval('troubles');
           {statements}
           RETURN NULL;
         END $body$;
         SELECT setval('troubles', 1)
         """);

    public Task EndAsync() => BeginAsync("");

    /// <summary>Waits until so many writes have met it.</summary>
    public Task MetAsync(int writes) => Eventually.TrueAsync(
        async () => Convert.ToInt64(await RunAsync(_database, "SELECT last_value FROM troubles"), CultureInfo.InvariantCulture) > writes,
        () => $"fewer than {writes} writes came", TestCluster.Deadline, TimeSpan.FromMilliseconds(250));

    /// <summary>Nobody can connect, and who is connected is thrown out.</summary>
    public async Task RefuseAsync()
    {
        await RunAsync(_server, $"ALTER DATABASE {_database.Database} ALLOW_CONNECTIONS false");
        await RunAsync(_server, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_database.Database}'");
    }

    public Task AllowAsync() => RunAsync(_server, $"ALTER DATABASE {_database.Database} ALLOW_CONNECTIONS true");

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
