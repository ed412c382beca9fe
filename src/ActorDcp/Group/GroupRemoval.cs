using ActorDcp.Persistence;
using ActorDcp.VBuckets.Journal;
using LinqToDB.Data;

namespace ActorDcp.Group;

/// <summary>What was removed of a group.</summary>
/// <param name="BucketUuid">Bucket that it read; null when only positions were left of it.</param>
/// <param name="Positions">Rows of the offset table.</param>
/// <param name="Facts">Rows of journal and snapshots.</param>
/// <param name="LastSaved">When a position was saved last; null when none ever was.</param>
internal sealed record ForgottenGroup(string? BucketUuid, int Positions, int Facts, DateTimeOffset? LastSaved);

/// <summary>The statements that remove a group, in one transaction.</summary>
internal static class GroupRemoval
{
    private static readonly string[] JournalTables = ["journal", "tags", "snapshot"];

    public static async Task<ForgottenGroup?> RunAsync(DataConnection connection, string group, bool dryRun, CancellationToken cancellationToken)
    {
        var name = DataParameter.VarChar("name", group);
        var identity = await connection.QueryToListAsync(
            reader => reader.GetString(0), "SELECT bucket_uuid FROM actordcp_groups WHERE group_name = @name", cancellationToken, name).ConfigureAwait(false);
        var positions = await connection.QueryToListAsync(
            reader => (Bucket: reader.GetString(0), SavedAt: reader.GetInt64(1)),
            "SELECT bucket_uuid, updated_at FROM actordcp_offsets WHERE group_name = @name", cancellationToken, name).ConfigureAwait(false);
        if (identity.Count == 0 && positions.Count == 0)
            return null;
        var facts = 0;
        foreach (var bucket in positions.Select(row => row.Bucket).Concat(identity).Distinct(StringComparer.Ordinal))
            facts += await FactsAsync(connection, new GroupKey(group, bucket), dryRun, cancellationToken).ConfigureAwait(false);
        if (!dryRun)
        {
            await connection.ExecuteAsync("DELETE FROM actordcp_offsets WHERE group_name = @name", cancellationToken, name).ConfigureAwait(false);
            await connection.ExecuteAsync("DELETE FROM actordcp_groups WHERE group_name = @name", cancellationToken, name).ConfigureAwait(false);
        }
        DateTimeOffset? saved = positions.Count == 0 ? null : DateTimeOffset.UnixEpoch.AddMicroseconds(positions.Max(row => row.SavedAt));
        return new ForgottenGroup(identity.SingleOrDefault(), positions.Count, facts, saved);
    }

    private static async Task<int> FactsAsync(DataConnection connection, GroupKey key, bool dryRun, CancellationToken cancellationToken)
    {
        // a group's name may hold what LIKE takes for a wildcard
        var prefix = VBucketJournalActor.PersistenceIdPrefixOf(key);
        var where = $"WHERE substr(persistence_id, 1, {prefix.Length}) = @prefix";
        var removed = 0;
        foreach (var table in JournalTables)
        {
            if (!await ExistsAsync(connection, table, cancellationToken).ConfigureAwait(false))
                continue;
            var rows = await connection.QueryToListAsync(
                reader => reader.GetInt64(0), $"SELECT count(*) FROM {table} {where}", cancellationToken, DataParameter.VarChar("prefix", prefix)).ConfigureAwait(false);
            removed += (int)rows[0];
            if (!dryRun)
                await connection.ExecuteAsync($"DELETE FROM {table} {where}", cancellationToken, DataParameter.VarChar("prefix", prefix)).ConfigureAwait(false);
        }
        return removed;
    }

    // the journal makes its tables when the first member starts, and not all of them in every mode
    private static async Task<bool> ExistsAsync(DataConnection connection, string table, CancellationToken cancellationToken)
    {
        var isSqlite = connection.DataProvider.Name.Contains("SQLite", StringComparison.Ordinal);
        var sql = isSqlite
            ? "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = @table"
            : "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @table AND column_name = 'persistence_id'";
        var found = await connection.QueryToListAsync(reader => reader.GetInt64(0), sql, cancellationToken, DataParameter.VarChar("table", table)).ConfigureAwait(false);
        return found[0] > 0;
    }
}
