namespace ActorDcp.Hosting;

/// <summary>Databases that progress can be kept in.</summary>
public enum PersistenceProvider
{
    /// <summary>A file on this machine.</summary>
    Sqlite,
    /// <summary>PostgreSQL.</summary>
    PostgreSql,
}
