using System.Data.Common;
using ActorDcp.VBuckets.State;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using LinqToDB.DataProvider.SQLite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Persistence;

/// <summary>
/// Runs short transactions: each statement under a time-out, lost races and an absent database tried again a bounded number of
/// times. On SQLite one writer at a time in this process, off the caller's thread, for SQLite knows no asynchronous calls.
/// </summary>
internal sealed class PersistenceDatabase : IDisposable
{
    private readonly PersistenceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DataOptions _data;
    private readonly SemaphoreSlim _writer = new(1, 1);

    public PersistenceDatabase(PersistenceOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.StatementTimeout, TimeSpan.Zero);
        _options = options;
        _time = time;
        _logger = logger;
        _data = options.Provider switch
        {
            PersistenceProvider.Sqlite => new DataOptions()
                .UseSQLite(options.LimitedConnectionString, SQLiteProvider.Microsoft)
                .UseAfterConnectionOpened(PrepareSqlite, (connection, _) =>
                {
                    PrepareSqlite(connection);
                    return Task.CompletedTask;
                }),
            PersistenceProvider.PostgreSql => new DataOptions()
                .UsePostgreSQL(options.LimitedConnectionString, PostgreSQLVersion.v15),
            _ => throw new PersistenceConfigurationException(
                "ActorDcp:Persistence:Provider", options.Provider.ToString(), "say sqlite or postgresql"),
        };
    }

    public PersistenceProvider Provider => _options.Provider;

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>
    /// Runs a transaction. It may run more than once, so it must have no effects but those in the database.
    /// </summary>
    /// <exception cref="PersistenceUnavailableException">All tries failed.</exception>
    public async Task<T> RunAsync<T>(
        string what, Func<DataConnection, CancellationToken, Task<T>> transaction, CancellationToken cancellationToken)
    {
        var retries = new RetrySchedule(_options.FirstRetryDelay, _options.FirstRetryDelay * 64, StableAfter: TimeSpan.MaxValue);
        for (var attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                return await RunOnceAsync(transaction, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (IsOfDatabase(e) && !cancellationToken.IsCancellationRequested)
            {
                failure = e;
            }
            if (PersistenceFailure.IsNoDatabase(failure))
            {
                var file = new SqliteConnectionStringBuilder(_options.ConnectionString).DataSource;
                throw new PersistenceConfigurationException(
                    "ActorDcp:Persistence:ConnectionString", $"'{file}', a file that is not a database", "name another file", failure);
            }
            // an unclear commit may have happened: every transaction here can be repeated
            if (attempt >= _options.Attempts || !PersistenceFailure.IsTransient(failure))
                throw new PersistenceUnavailableException(
                    $"{what} failed on {_options.Provider} after {attempt} tries: {PersistenceFailure.Describe(failure)}", failure);
            PersistenceLog.Retrying(_logger, what, attempt, PersistenceFailure.Describe(failure));
            await Task.Delay(RetrySchedule.Fail(ref retries, _time.GetUtcNow()), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _writer.Dispose();

    private static bool IsOfDatabase(Exception e) =>
        e is DbException or TimeoutException or IOException or OperationCanceledException
            or System.Net.Sockets.SocketException;

    private async Task<T> RunOnceAsync<T>(
        Func<DataConnection, CancellationToken, Task<T>> transaction, CancellationToken cancellationToken)
    {
        if (_options.Provider != PersistenceProvider.Sqlite)
            return await InTransactionAsync(transaction, cancellationToken).ConfigureAwait(false);
        if (!await _writer.WaitAsync(_options.StatementTimeout, cancellationToken).ConfigureAwait(false))
            throw new TimeoutException("another writer of this process held the SQLite database for too long");
        try
        {
            return await Task.Run(() => InTransactionAsync(transaction, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            _writer.Release();
        }
    }

    private async Task<T> InTransactionAsync<T>(
        Func<DataConnection, CancellationToken, Task<T>> transaction, CancellationToken cancellationToken)
    {
        // the statement time-out is the server's; this one covers a connection that does not answer at all
        using var deadline = new CancellationTokenSource(_options.StatementTimeout * 4, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var connection = new DataConnection(_data)
        {
            CommandTimeout = _options.StatementTimeoutSeconds,
        };
        await using (connection.ConfigureAwait(false))
        {
            var running = await connection.BeginTransactionAsync(linked.Token).ConfigureAwait(false);
            await using (running.ConfigureAwait(false))
            {
                var result = await transaction(connection, linked.Token).ConfigureAwait(false);
                await running.CommitAsync(linked.Token).ConfigureAwait(false);
                return result;
            }
        }
    }

    private void PrepareSqlite(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        // WAL: readers and the journal's writer do not wait for us; NORMAL: a power cut may cost the last commits, never the
        // file, and a lost checkpoint only means redelivery
        command.CommandText =
            $"PRAGMA busy_timeout={(int)_options.StatementTimeout.TotalMilliseconds}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;";
        command.ExecuteNonQuery();
    }
}
