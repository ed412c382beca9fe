using Microsoft.Data.Sqlite;
using Npgsql;
using Store = ActorDcp.Persistence;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the member's options to the database of its journal and its offsets.</summary>
internal static class PersistenceSetup
{
    /// <summary>
    /// Most connections of a member to PostgreSQL, journal and positions together. The driver would take a hundred, which is all that
    /// most servers have: with 20, twenty members starting at once left vbuckets waiting minutes for one of 200 connections.
    /// </summary>
    private const int Connections = 8;

    /// <summary>Seconds after which one that a start or a take-over needed is given back; the driver's are 300.</summary>
    private const int IdleConnections = 30;

    /// <summary>The configured connection string, or a SQLite file of the group in the user's data folder.</summary>
    public static string ConnectionString(ActorDcpOptions options)
    {
        if (options.Persistence.ConnectionString is { } configured)
            return options.Persistence.Provider == Store.PersistenceProvider.PostgreSql ? Pooled(configured) : configured;
        var folder = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "actordcp");
        return new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, $"{options.Group}.db") }.ToString();
    }

    /// <summary>What the connection string says about its pool wins.</summary>
    private static string Pooled(string configured)
    {
        var connection = new NpgsqlConnectionStringBuilder(configured);
        if (!connection.ShouldSerialize("Maximum Pool Size"))
            connection.MaxPoolSize = Math.Max(Connections, connection.MinPoolSize);
        if (!connection.ShouldSerialize("Connection Idle Lifetime"))
            connection.ConnectionIdleLifetime = IdleConnections;
        return connection.ToString();
    }

    /// <summary>The journal's, under the same limits as that of the positions.</summary>
    public static string JournalConnectionString(ActorDcpOptions options) => OptionsOf(options).LimitedConnectionString;

    public static Store.PersistenceOptions StoreOptions(ActorDcpOptions options)
    {
        var store = OptionsOf(options);
        if (options.Persistence.Provider == Store.PersistenceProvider.Sqlite)
            CreateFolder(store.ConnectionString);
        return store;
    }

    private static Store.PersistenceOptions OptionsOf(ActorDcpOptions options) => new(options.Persistence.Provider, ConnectionString(options));

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
