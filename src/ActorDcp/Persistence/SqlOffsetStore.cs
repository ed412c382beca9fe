using System.Data.Common;
using System.Globalization;
using System.Text;
using LinqToDB;
using LinqToDB.Data;

namespace ActorDcp.Persistence;

/// <summary>
/// The fenced table of positions in SQL. Rows are always touched in the order of their vbuckets, so that two members that write
/// the same ones wait for each other instead of deadlocking.
/// </summary>
internal sealed class SqlOffsetStore(PersistenceDatabase database) : IOffsetStore
{
    // SQLite finds a parameter by going through all names before it, so that a statement costs the square of its parameters:
    // 64 rows of 8 keep that small, and a transaction holds all statements
    private const int RowsAStatement = 64;

    private const string Columns = "vbucket, epoch, owner, vbuuid, seqno, snap_start, snap_end, manifest_uid, boundaries, updated_at, must_recover, purge_seqno";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OwnedOffset>> TakeOverAsync(
        GroupKey group, IReadOnlyCollection<VBucketId> vbuckets, string owner, CancellationToken cancellationToken)
    {
        var chunks = vbuckets.Distinct().Order().Chunk(RowsAStatement).ToList();
        if (chunks.Count == 0)
            return [];
        var rows = await database.RunAsync("taking over vbuckets", async (connection, cancel) =>
        {
            var taken = new List<StoredOffset>(vbuckets.Count);
            foreach (var chunk in chunks)
                taken.AddRange(await TakeOverChunkAsync(connection, group, chunk, owner, cancel).ConfigureAwait(false));
            return taken;
        }, cancellationToken).ConfigureAwait(false);
        return [.. rows.OrderBy(row => row.VBucket).Select(row => new OwnedOffset(row.VBucket, row.Epoch, row.Offset, row.Boundaries, row.MustRecover))];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken)
    {
        var ordered = updates.OrderBy(update => update.VBucket).ToList();
        for (var i = 1; i < ordered.Count; i++)
            if (ordered[i].VBucket == ordered[i - 1].VBucket)
                throw new ArgumentException($"vbucket {ordered[i].VBucket} is to be saved twice", nameof(updates));
        if (ordered.Count == 0)
            return [];
        var saved = await database.RunAsync("saving positions", async (connection, cancel) =>
        {
            var done = new HashSet<VBucketId>(ordered.Count);
            foreach (var chunk in ordered.Chunk(RowsAStatement))
                done.UnionWith(await SaveChunkAsync(connection, group, chunk, cancel).ConfigureAwait(false));
            return done;
        }, cancellationToken).ConfigureAwait(false);
        return [.. ordered.Select(update => update.VBucket).Where(vbucket => !saved.Contains(vbucket))];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredOffset>> ReadAllAsync(GroupKey group, CancellationToken cancellationToken) =>
        await database.RunAsync("reading positions", (connection, cancel) => connection.QueryToListAsync(
            ReadRow,
            $"SELECT {Columns} FROM actordcp_offsets WHERE group_name = @g AND bucket_uuid = @b ORDER BY vbucket",
            cancel, GroupParameters(group)), cancellationToken).ConfigureAwait(false);

    /// <summary>Adds the rows of a new group's start pins, epoch 0, within the caller's transaction.</summary>
    internal static async Task InsertPinsAsync(
        DataConnection connection, GroupKey group, IEnumerable<StartPin> pins, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var chunk in pins.OrderBy(pin => pin.VBucket).Chunk(RowsAStatement))
        {
            var sql = new StringBuilder(
                $"INSERT INTO actordcp_offsets (group_name, bucket_uuid, {Columns}) VALUES ");
            for (var i = 0; i < chunk.Length; i++)
            {
                var offset = chunk[i].Offset;
                sql.Append(i == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture,
                    $"(@g, @b, {chunk[i].VBucket.Value}, 0, '', {Signed(offset.Uuid.Value)}, {Signed(offset.Seqno.Value)}, {Signed(offset.Snapshot.Start.Value)}, {Signed(offset.Snapshot.End.Value)}, {Signed(offset.ManifestUid)}, @none, @now, 0, {Signed(offset.PurgeSeqno.Value)})");
            }
            await connection.ExecuteAsync(sql.ToString(), cancellationToken,
            [
                .. GroupParameters(group), DataParameter.VarBinary("none", []), DataParameter.Int64("now", Microseconds(now)),
            ]).ConfigureAwait(false);
        }
    }

    // raising the epoch and reading the row is one statement, so no save of the former owner falls between the two
    private async Task<List<StoredOffset>> TakeOverChunkAsync(
        DataConnection connection, GroupKey group, VBucketId[] vbuckets, string owner, CancellationToken cancellationToken)
    {
        var sql = new StringBuilder($"INSERT INTO actordcp_offsets (group_name, bucket_uuid, {Columns}) VALUES ");
        for (var i = 0; i < vbuckets.Length; i++)
            sql.Append(i == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture,
                $"(@g, @b, {vbuckets[i].Value}, 1, @owner, 0, 0, 0, 0, 0, @none, @now, 0, 0)");
        sql.Append(" ON CONFLICT (group_name, bucket_uuid, vbucket) DO UPDATE SET epoch = actordcp_offsets.epoch + 1,")
            .Append(" owner = excluded.owner, updated_at = excluded.updated_at RETURNING ").Append(Columns);
        return await connection.QueryToListAsync(ReadRow, sql.ToString(), cancellationToken,
        [
            .. GroupParameters(group), DataParameter.VarChar("owner", owner), DataParameter.VarBinary("none", []),
            DataParameter.Int64("now", Microseconds(database.Now)),
        ]).ConfigureAwait(false);
    }

    private async Task<List<VBucketId>> SaveChunkAsync(
        DataConnection connection, GroupKey group, OffsetUpdate[] updates, CancellationToken cancellationToken)
    {
        var parameters = new List<DataParameter>(updates.Length * 8 + 3);
        parameters.AddRange(GroupParameters(group));
        parameters.Add(DataParameter.Int64("now", Microseconds(database.Now)));
        var values = new StringBuilder("(VALUES ");
        for (var i = 0; i < updates.Length; i++)
        {
            values.Append(i == 0 ? "" : ", ");
            AppendRow(values, parameters, updates[i]);
        }
        values.Append(") AS v");
        // PostgreSQL may update in any order it likes: the locks are taken first, in the order of the vbuckets
        var sql = database.Provider == PersistenceProvider.PostgreSql
            ? $"""
               WITH mine AS MATERIALIZED (
                 SELECT v.* FROM actordcp_offsets AS o JOIN {values} ON o.vbucket = v.column1 AND o.epoch = v.column2
                 WHERE o.group_name = @g AND o.bucket_uuid = @b ORDER BY o.vbucket FOR NO KEY UPDATE OF o)
               UPDATE actordcp_offsets AS o SET {Assignments} FROM mine AS v WHERE {Fence} RETURNING o.vbucket
               """
            : $"UPDATE actordcp_offsets AS o SET {Assignments} FROM {values} WHERE {Fence} RETURNING vbucket";
        return await connection.QueryToListAsync(
            reader => VBucketId.From(reader.GetInt32(0)), sql, cancellationToken, [.. parameters]).ConfigureAwait(false);
    }

    private const string Assignments =
        "vbuuid = v.column3, seqno = v.column4, snap_start = v.column5, snap_end = v.column6, manifest_uid = v.column7, boundaries = v.column8, must_recover = v.column9, purge_seqno = v.column10, updated_at = @now";

    private const string Fence =
        "o.group_name = @g AND o.bucket_uuid = @b AND o.vbucket = v.column1 AND o.epoch = v.column2";

    private static void AppendRow(StringBuilder values, List<DataParameter> parameters, OffsetUpdate update)
    {
        var boundaries = RetainedBoundariesCodec.Encode(update.Boundaries);
        values.Append('(');
        Number(update.VBucket.Value);
        Number(update.Epoch.Value);
        Number(Signed(update.Offset.Uuid.Value));
        Number(Signed(update.Offset.Seqno.Value));
        Number(Signed(update.Offset.Snapshot.Start.Value));
        Number(Signed(update.Offset.Snapshot.End.Value));
        Number(Signed(update.Offset.ManifestUid));
        var name = NextName();
        parameters.Add(DataParameter.VarBinary(name, boundaries));
        // literals: two parameters a row less
        values.Append('@').Append(name).Append(update.Mark == 0 ? ", 0, " : ", 1, ")
            .Append(Signed(update.Offset.PurgeSeqno.Value).ToString(CultureInfo.InvariantCulture)).Append(')');

        string NextName() => "p" + parameters.Count.ToString(CultureInfo.InvariantCulture);

        void Number(long value)
        {
            var name = NextName();
            parameters.Add(DataParameter.Int64(name, value));
            values.Append('@').Append(name).Append(", ");
        }
    }

    private static DataParameter[] GroupParameters(GroupKey group) =>
        [DataParameter.VarChar("g", group.Group), DataParameter.VarChar("b", group.BucketUuid)];

    private static StoredOffset ReadRow(DbDataReader reader)
    {
        var vbucket = VBucketId.From(reader.GetInt32(0));
        try
        {
            var seqno = new Seqno(Unsigned(reader.GetInt64(4)));
            var snapshot = new StreamSnapshot(new Seqno(Unsigned(reader.GetInt64(5))), new Seqno(Unsigned(reader.GetInt64(6))));
            return new StoredOffset(
                vbucket,
                new OwnershipEpoch(reader.GetInt64(1)),
                reader.GetString(2),
                new StreamOffset(new VBucketUuid(Unsigned(reader.GetInt64(3))), seqno, snapshot, Unsigned(reader.GetInt64(7)))
                {
                    PurgeSeqno = new Seqno(Unsigned(reader.GetInt64(11))),
                },
                RetainedBoundariesCodec.Decode(reader.GetFieldValue<byte[]>(8)),
                DateTimeOffset.UnixEpoch.AddMicroseconds(reader.GetInt64(9)),
                reader.GetInt64(10) != 0);
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException)
        {
            throw new PersistenceConfigurationException(
                "table actordcp_offsets", $"unreadable for vbucket {vbucket}", "restore the row or reset the vbucket", e);
        }
    }

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static long Signed(ulong value) => unchecked((long)value);

    private static ulong Unsigned(long value) => unchecked((ulong)value);
}
