namespace ActorDcp.Persistence;

/// <summary>A database that ActorDcp keeps its positions and facts in.</summary>
public enum PersistenceProvider
{
    /// <summary>A file; for one machine.</summary>
    Sqlite,
    /// <summary>A PostgreSQL server, 12 or later.</summary>
    PostgreSql,
}
