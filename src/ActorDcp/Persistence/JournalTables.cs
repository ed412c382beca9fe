namespace ActorDcp.Persistence;

/// <summary>
/// The tables of Akka.Persistence.Sql, as it makes them itself. It does so when its first actor starts, only once, and its journal
/// does not survive a database that is away in that moment; so they are made with ours, which waits for the database.
/// </summary>
internal static class JournalTables
{
    /// <summary>Makes what is absent: one command of several statements, which costs one round trip.</summary>
    public static string ScriptOf(PersistenceProvider provider) =>
        string.Join(";\n", [.. provider == PersistenceProvider.PostgreSql ? PostgreSql : Sqlite, .. Indexes]);

    private static readonly string[] PostgreSql =
    [
        """
        CREATE TABLE IF NOT EXISTS journal (
          ordering bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
          created bigint NOT NULL,
          deleted boolean NOT NULL,
          persistence_id text NOT NULL,
          sequence_number bigint NOT NULL,
          message bytea NOT NULL,
          manifest text,
          identifier integer,
          writer_uuid text,
          CONSTRAINT "PK_journal" PRIMARY KEY (ordering),
          CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number))
        """,
        """
        CREATE TABLE IF NOT EXISTS tags (
          ordering_id bigint NOT NULL,
          tag text NOT NULL,
          sequence_nr bigint NOT NULL,
          persistence_id text NOT NULL,
          CONSTRAINT "PK_tags" PRIMARY KEY (ordering_id, tag))
        """,
        """
        CREATE TABLE IF NOT EXISTS snapshot (
          persistence_id text NOT NULL,
          sequence_number bigint NOT NULL,
          created bigint NOT NULL,
          snapshot bytea,
          manifest text,
          serializer_id integer,
          CONSTRAINT "PK_snapshot" PRIMARY KEY (persistence_id, sequence_number))
        """,
    ];

    private static readonly string[] Sqlite =
    [
        """
        CREATE TABLE IF NOT EXISTS journal (
          ordering integer NOT NULL PRIMARY KEY AUTOINCREMENT,
          created integer NOT NULL,
          deleted bit NOT NULL,
          persistence_id nvarchar(255) NOT NULL,
          sequence_number integer NOT NULL,
          message varbinary NOT NULL,
          manifest nvarchar(500),
          identifier integer,
          writer_uuid nvarchar(128))
        """,
        """
        CREATE TABLE IF NOT EXISTS tags (
          ordering_id integer NOT NULL,
          tag nvarchar(64) NOT NULL,
          sequence_nr integer NOT NULL,
          persistence_id nvarchar(255) NOT NULL,
          CONSTRAINT PK_tags PRIMARY KEY (ordering_id, tag))
        """,
        """
        CREATE TABLE IF NOT EXISTS snapshot (
          persistence_id nvarchar(255) NOT NULL,
          sequence_number integer NOT NULL,
          created integer NOT NULL,
          snapshot varbinary,
          manifest nvarchar(500),
          serializer_id integer,
          CONSTRAINT PK_snapshot PRIMARY KEY (persistence_id, sequence_number))
        """,
        "CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number)",
    ];

    private static readonly string[] Indexes =
    [
        "CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created)",
        "CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number)",
        "CREATE INDEX IF NOT EXISTS tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr)",
        "CREATE INDEX IF NOT EXISTS tags_tag_idx ON tags (tag)",
        "CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number)",
        "CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created)",
    ];
}
