using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace ActorDcp.Persistence;

/// <summary>Tells which failures of a database are worth another try, and describes them without secrets.</summary>
internal static class PersistenceFailure
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteIoError = 10;
    private const int SqliteCannotOpen = 14;
    private const int SqliteNotADatabase = 26;
    private const string PostgresIdleInTransaction = "25P03";

    public static bool IsTransient(Exception failure) => failure switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode is SqliteBusy or SqliteLocked or SqliteIoError or SqliteCannotOpen,
        PostgresException postgres => IsTransientState(postgres.SqlState),
        NpgsqlException => true, // the connection, not the statement
        DbException database => database.IsTransient,
        _ => true,
    };

    /// <summary>Whether what is configured is no database at all, so that waiting for it is of no use.</summary>
    public static bool IsNoDatabase(Exception failure) => failure is SqliteException { SqliteErrorCode: SqliteNotADatabase };

    public static string Describe(Exception failure) => failure switch
    {
        SqliteException { SqliteErrorCode: SqliteBusy or SqliteLocked } => "another writer keeps the SQLite file locked",
        SqliteException sqlite => $"SQLite error {sqlite.SqliteErrorCode}: {sqlite.Message}",
        PostgresException postgres => $"{postgres.SqlState}: {postgres.MessageText}",
        OperationCanceledException => "no answer in time",
        AggregateException { InnerException: { } inner } => Describe(inner),
        _ => failure.Message,
    };

    private static bool IsTransientState(string state) =>
        // serialization failure, deadlock, lock not available, query cancelled by a time-out, a transaction that fell silent, and
        // what a server that starts, stops, lacks connections or memory says
        state is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled
            or PostgresIdleInTransaction
        || state.StartsWith("08", StringComparison.Ordinal)
        || state.StartsWith("53", StringComparison.Ordinal)
        || state.StartsWith("57P", StringComparison.Ordinal);
}
