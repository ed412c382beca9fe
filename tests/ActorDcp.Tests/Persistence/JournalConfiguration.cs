using ActorDcp.Tests.Hocon;
using Akka.Configuration;
using Akka.Persistence.Sql;

namespace ActorDcp.Tests.Persistence;

/// <summary>The settings that ship, over a database of a test.</summary>
internal static class JournalConfiguration
{
    internal static Config Sqlite(string connection) => Of("sqlite.conf", connection);

    internal static Config PostgreSql(string connection) => Of("postgres.conf", connection);

    private static Config Of(string file, string connection) => ConfigurationFactory.ParseString(
            $"""
            akka.loglevel = WARNING
            akka.persistence.journal.sql.connection-string = "{connection}"
            akka.persistence.snapshot-store.sql.connection-string = "{connection}"
            """)
        .WithFallback(HoconFiles.Load(file))
        .WithFallback(HoconFiles.Load("actordcp.reference.conf"))
        .WithFallback(SqlPersistence.DefaultConfiguration);
}
