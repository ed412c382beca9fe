using LinqToDB.Data;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Persistence;

/// <summary>The tables of ActorDcp and of its journal: made at start where they are absent; ours are refused where a newer version made them.</summary>
internal sealed class PersistenceSchema(PersistenceDatabase database, ILogger logger)
{
    public const int Version = 3;

    // its offsets did not say whether the journal must be read first
    private const int BeforeMustRecover = 1;

    // its offsets did not keep the purge seqno
    private const int BeforePurgeSeqno = 2;

    // any number, the same in every member: two that start together must not create the tables at once
    private const long CreationLock = 0x41637444_63700001;

    /// <summary>Creates what is absent and checks what is there. Safe to run by many members at once.</summary>
    /// <exception cref="PersistenceConfigurationException">The tables are of another version.</exception>
    /// <exception cref="PersistenceUnavailableException">The database does not answer.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var found = await database.RunAsync("creating the tables", CreateAsync, cancellationToken).ConfigureAwait(false);
        if (found == 0)
            PersistenceLog.Created(logger, Version, database.Provider);
        else if (found is BeforeMustRecover or BeforePurgeSeqno)
            PersistenceLog.Upgraded(logger, found, Version);
        else if (found != Version)
            throw new PersistenceConfigurationException(
                "table actordcp_schema", $"version {found}",
                $"this program needs version {Version}; run the release that wrote it, or give it another database");
    }

    private async Task<long> CreateAsync(DataConnection connection, CancellationToken cancellationToken)
    {
        if (database.Provider == PersistenceProvider.PostgreSql)
            await connection.ExecuteAsync($"SELECT pg_advisory_xact_lock({CreationLock})", cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            "CREATE TABLE IF NOT EXISTS actordcp_schema (name varchar(64) NOT NULL PRIMARY KEY, version bigint NOT NULL)",
            cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(JournalTables.ScriptOf(database.Provider), cancellationToken).ConfigureAwait(false);
        var versions = await connection.QueryToListAsync<long>(
            "SELECT version FROM actordcp_schema WHERE name = 'actordcp'", cancellationToken).ConfigureAwait(false);
        if (versions is [BeforeMustRecover or BeforePurgeSeqno])
            await UpgradeAsync(connection, versions[0], cancellationToken).ConfigureAwait(false);
        if (versions.Count > 0)
            return versions[0];
        await connection.ExecuteAsync(OffsetsTable, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(GroupsTable, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            $"INSERT INTO actordcp_schema (name, version) VALUES ('actordcp', {Version})", cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private static async Task UpgradeAsync(DataConnection connection, long from, CancellationToken cancellationToken)
    {
        // what so old a version left may hide anything: the journal is read first, until the row is written anew
        if (from == BeforeMustRecover)
            await connection.ExecuteAsync(
                "ALTER TABLE actordcp_offsets ADD COLUMN must_recover bigint NOT NULL DEFAULT 1", cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            "ALTER TABLE actordcp_offsets ADD COLUMN purge_seqno bigint NOT NULL DEFAULT 0", cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            $"UPDATE actordcp_schema SET version = {Version} WHERE name = 'actordcp'", cancellationToken).ConfigureAwait(false);
    }

    private string Bytes => database.Provider == PersistenceProvider.PostgreSql ? "bytea" : "blob";

    // unsigned 64-bit values are stored bit for bit in signed columns: never compare them in SQL
    private string OffsetsTable => $"""
        CREATE TABLE IF NOT EXISTS actordcp_offsets (
          group_name varchar(255) NOT NULL,
          bucket_uuid varchar(64) NOT NULL,
          vbucket bigint NOT NULL,
          epoch bigint NOT NULL,
          owner varchar(255) NOT NULL,
          vbuuid bigint NOT NULL,
          seqno bigint NOT NULL,
          snap_start bigint NOT NULL,
          snap_end bigint NOT NULL,
          manifest_uid bigint NOT NULL,
          boundaries {Bytes} NOT NULL,
          updated_at bigint NOT NULL,
          must_recover bigint NOT NULL DEFAULT 1,
          purge_seqno bigint NOT NULL DEFAULT 0,
          PRIMARY KEY (group_name, bucket_uuid, vbucket))
        """;

    private static string GroupsTable => """
        CREATE TABLE IF NOT EXISTS actordcp_groups (
          group_name varchar(255) NOT NULL PRIMARY KEY,
          bucket_uuid varchar(64) NOT NULL,
          vbucket_count bigint NOT NULL,
          shard_count bigint NOT NULL,
          start_policy varchar(64) NOT NULL,
          filter_fingerprint varchar(255) NOT NULL,
          created_at bigint NOT NULL,
          created_by varchar(255) NOT NULL)
        """;
}
