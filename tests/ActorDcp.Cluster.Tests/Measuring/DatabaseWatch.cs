using System.Globalization;
using Npgsql;

namespace ActorDcp.Cluster.Tests.Measuring;

/// <summary>What the members ask of their PostgreSQL database, as the server counts it.</summary>
internal sealed class DatabaseWatch : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly NpgsqlConnection _server;
    private readonly string _database;
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;
    private DatabaseLook _last = new(0, 0, 0);

    private DatabaseWatch(NpgsqlConnection server, string database)
    {
        _server = server;
        _database = database;
    }

    /// <summary>The newest look: half a second old at most.</summary>
    public DatabaseLook Last => Volatile.Read(ref _last);

    /// <summary>Most connections in any look.</summary>
    public int MostConnections { get; private set; }

    public static async Task<DatabaseWatch> StartAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        var database = settings.Database!;
        // from another database, so that its own looks do not count
        settings.Database = "postgres";
        var watch = new DatabaseWatch(new NpgsqlConnection(settings.ToString()), database);
        await watch._server.OpenAsync();
        watch._watching = watch.WatchAsync();
        return watch;
    }

    /// <summary>Rows of a table of the members' now.</summary>
    public static async Task<long> RowsAsync(string connectionString, string table)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        await _server.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var look = await LookAsync();
                MostConnections = Math.Max(MostConnections, look.Connections);
                Volatile.Write(ref _last, look);
            }
        }
        catch (OperationCanceledException)
        {
            // enough was seen
        }
    }

    private async Task<DatabaseLook> LookAsync()
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE datname = @name), xact_commit + xact_rollback, tup_inserted + tup_updated + tup_deleted
            FROM pg_stat_database WHERE datname = @name
            """,
            _server);
        command.Parameters.AddWithValue("name", _database);
        await using var reader = await command.ExecuteReaderAsync(_stopping.Token);
        await reader.ReadAsync(_stopping.Token);
        return new DatabaseLook(reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}

/// <summary>Connections now, and transactions and rows written since the database was made.</summary>
internal sealed record DatabaseLook(int Connections, long Transactions, long Rows);
