using ActorDcp.Persistence;

namespace ActorDcp.Hosting;

/// <summary>Where progress is kept.</summary>
public sealed class PersistenceOptions
{
    /// <summary>The database. Members on several machines need <see cref="PersistenceProvider.PostgreSql"/>.</summary>
    public PersistenceProvider Provider { get; set; } = PersistenceProvider.Sqlite;

    /// <summary>How to reach it; null for SQLite means a file in the user's data folder.</summary>
    public string? ConnectionString { get; set; }
}
