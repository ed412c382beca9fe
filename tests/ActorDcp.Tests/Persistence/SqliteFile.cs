using ActorDcp.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Tests.Persistence;

/// <summary>A SQLite database in a folder of its own that goes with the test.</summary>
internal sealed class SqliteFile
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp-sqlite-");

    public string ConnectionString => $"Data Source={Path.Combine(_folder.FullName, "actordcp.db")}";

    /// <summary>Makes the tables, as a member does before its actors start.</summary>
    public void CreateTables()
    {
        using var database = new PersistenceDatabase(
            new PersistenceOptions(PersistenceProvider.Sqlite, ConnectionString), TimeProvider.System, NullLogger.Instance);
        new PersistenceSchema(database, NullLogger.Instance).EnsureAsync(default).GetAwaiter().GetResult();
    }

    /// <summary>Takes the folder away: nobody can open the database.</summary>
    public void GoAway() => _folder.Delete();

    /// <summary>The folder is there again, empty.</summary>
    public void ComeBack() => _folder.Create();

    public void Delete()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }
}
