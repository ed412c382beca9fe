using Microsoft.Data.Sqlite;
using Store = ActorDcp.Persistence;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the member's options to the database of its journal and its offsets.</summary>
internal static class PersistenceSetup
{
    /// <summary>The configured connection string, or a SQLite file of the group in the user's data folder.</summary>
    public static string ConnectionString(ActorDcpOptions options)
    {
        if (options.Persistence.ConnectionString is { } configured)
            return configured;
        var folder = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "actordcp");
        return new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, $"{options.Group}.db") }.ToString();
    }

    public static Store.PersistenceOptions StoreOptions(ActorDcpOptions options)
    {
        var connection = ConnectionString(options);
        if (options.Persistence.Provider == Store.PersistenceProvider.Sqlite)
            CreateFolder(connection);
        return new Store.PersistenceOptions(options.Persistence.Provider, connection);
    }

    private static void CreateFolder(string connection)
    {
        var file = new SqliteConnectionStringBuilder(connection).DataSource;
        if (file.Length > 0 && !file.StartsWith(':') && Path.GetDirectoryName(Path.GetFullPath(file)) is { Length: > 0 } folder)
            CreateFolder(file, folder);
    }
    private static void CreateFolder(string file, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Store.PersistenceConfigurationException(
                "ActorDcp:Persistence:ConnectionString", $"the SQLite file '{file}', whose folder cannot be made ({e.Message})",
                "name a file that can be written", e);
        }
    }
}
