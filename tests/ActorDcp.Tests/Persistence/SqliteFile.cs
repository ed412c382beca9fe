using Microsoft.Data.Sqlite;

namespace ActorDcp.Tests.Persistence;

/// <summary>A SQLite database in a folder of its own that goes with the test.</summary>
internal sealed class SqliteFile
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp-sqlite-");

    public string ConnectionString => $"Data Source={Path.Combine(_folder.FullName, "actordcp.db")}";

    public void Delete()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }
}
