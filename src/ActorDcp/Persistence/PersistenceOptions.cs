using Microsoft.Data.Sqlite;
using Npgsql;

namespace ActorDcp.Persistence;

/// <summary>Where positions and facts are kept, and how long to wait for it.</summary>
/// <param name="Provider">Kind of database.</param>
/// <param name="ConnectionString">How to reach it; may hold a password, so it is never printed.</param>
internal sealed record PersistenceOptions(PersistenceProvider Provider, string ConnectionString)
{
    /// <summary>Most time one statement may take; 5 s unless set. Whole seconds count, at least one.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most tries of one transaction that lost against another or found the database away; 5 unless set.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Wait before the second try, doubled for each further one and jittered; 20 ms unless set.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary><see cref="StatementTimeout"/> as databases take it.</summary>
    public int StatementTimeoutSeconds => Math.Max(1, (int)Math.Ceiling(StatementTimeout.TotalSeconds));

    /// <summary>
    /// The connection string with limits for what no statement's time-out ends. SQLite: BEGIN and COMMIT, which would wait for the
    /// driver's default of 30 s. PostgreSQL: a member that falls silent in mid-transaction, as a host does that is cut off, would keep
    /// rows locked for hours, until the server gives the connection up, and nobody could take its vbuckets over; left alone where the
    /// connection string has options of its own.
    /// </summary>
    public string LimitedConnectionString
    {
        get
        {
            if (Provider == PersistenceProvider.Sqlite)
                return new SqliteConnectionStringBuilder(ConnectionString) { DefaultTimeout = StatementTimeoutSeconds }.ConnectionString;
            var builder = new NpgsqlConnectionStringBuilder(ConnectionString);
            builder.Options ??= $"-c idle_in_transaction_session_timeout={StatementTimeoutSeconds}s";
            return builder.ConnectionString;
        }
    }

    /// <summary>The kind of database alone: the connection string may hold a password.</summary>
    public override string ToString() => Provider.ToString();
}
