using System.Globalization;
using System.Text.Json;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Statistics;

/// <summary>The groups about vbuckets, in the order of a real node. What a node of this kind has none of stands at 0.</summary>
internal static class VBucketStatistics
{
    private const ulong DriftThreshold = 5_000_000_000;

    public static string StateName(VBucketState state) => state switch
    {
        VBucketState.Active => "active",
        VBucketState.Replica => "replica",
        VBucketState.Pending => "pending",
        _ => "dead",
    };

    public static IEnumerable<Statistic> Seqnos(VBucket vbucket)
    {
        var prefix = $"vb_{vbucket.Id}:";
        var snapshotEnd = vbucket.State == VBucketState.Active ? vbucket.HighSeqno : vbucket.ReceivedSnapshotEnd;
        yield return new Statistic(prefix + "high_seqno", snapshotEnd);
        yield return new Statistic(prefix + "abs_high_seqno", vbucket.HighSeqno);
        yield return new Statistic(prefix + "last_persisted_seqno", vbucket.PersistedSeqno);
        yield return new Statistic(prefix + "uuid", vbucket.Uuid.Value);
        yield return new Statistic(prefix + "purge_seqno", vbucket.PurgeSeqno);
        yield return new Statistic(prefix + "last_persisted_snap_start", vbucket.PersistedSeqno);
        yield return new Statistic(prefix + "last_persisted_snap_end", vbucket.PersistedSeqno);
        yield return new Statistic(prefix + "high_prepared_seqno", vbucket.HighPreparedSeqno);
        yield return new Statistic(prefix + "high_completed_seqno", vbucket.HighCompletedSeqno);
        yield return new Statistic(prefix + "max_visible_seqno", vbucket.MaxVisibleSeqno);
    }

    public static IEnumerable<Statistic> Failovers(VBucket vbucket)
    {
        var prefix = $"vb_{vbucket.Id}:";
        var entries = vbucket.FailoverLog.Entries;
        yield return new Statistic(prefix + "num_entries", (long)entries.Length);
        yield return new Statistic(prefix + "num_erroneous_entries_erased", 0L);
        for (var i = 0; i < entries.Length; i++)
        {
            yield return new Statistic($"{prefix}{i}:id", entries[i].Uuid.Value);
            yield return new Statistic($"{prefix}{i}:seq", entries[i].Seqno.Value);
        }
    }

    public static IEnumerable<Statistic> Details(VBucket vbucket)
    {
        var prefix = $"vb_{vbucket.Id}:";
        foreach (var (name, value) in Counts(vbucket).Concat(Positions(vbucket)))
            yield return new Statistic(prefix + name, value);
        yield return new Statistic($"vb_{vbucket.Id}", StateName(vbucket.State));
        // one file holds all vbuckets: to each its own documents are told
        var stored = vbucket.IsStored ? vbucket.MeasureDocuments().Bytes : 0;
        yield return new Statistic(prefix + "db_data_size", stored);
        yield return new Statistic(prefix + "db_file_size", stored);
        yield return new Statistic(prefix + "db_prepare_size", 0L);
        yield return new Statistic(prefix + "history_items_flushed", 0L);
    }

    private static IEnumerable<(string, string)> Counts(VBucket vbucket)
    {
        var items = Text((ulong)vbucket.DocumentCount);
        var syncWrites = vbucket.SyncWriteCounts;
        var memory = vbucket.MeasureDocuments();
        var counts = vbucket.OperationCounts;
        var queued = (long)(vbucket.HighSeqno - Math.Min(vbucket.HighSeqno, vbucket.PersistedSeqno));
        yield return ("num_items", items);
        yield return ("num_temp_items", "0");
        yield return ("num_non_resident", Text(memory.OnDiskAlone));
        yield return ("num_prepared_sync_writes", Text((ulong)syncWrites.Pending));
        yield return ("ht_memory", Text(memory.Bytes));
        yield return ("ht_num_items", items);
        yield return ("ht_num_deleted_items", "0");
        yield return ("ht_num_in_memory_items", items);
        yield return ("ht_num_in_memory_non_resident_items", "0");
        yield return ("ht_num_temp_items", "0");
        yield return ("ht_item_memory", Text(memory.Bytes));
        yield return ("ht_item_memory_uncompressed", Text(memory.Uncompressed));
        yield return ("ht_cache_size", Text(memory.Bytes));
        yield return ("ht_size", items);
        yield return ("num_ejects", "0");
        yield return ("ops_create", Text(counts.Creates));
        yield return ("ops_delete", Text(counts.Deletes));
        yield return ("ops_get", Text(counts.Gets));
        yield return ("ops_reject", "0");
        yield return ("ops_update", Text(counts.Updates));
        yield return ("queue_size", Text(queued));
        yield return ("queue_memory", "0");
        yield return ("queue_fill", Text(counts.Changes));
        yield return ("queue_drain", Text(Math.Max(0, counts.Changes - queued)));
        yield return ("queue_age", "0");
        yield return ("pending_writes", Text(queued));
    }

    private static IEnumerable<(string, string)> Positions(VBucket vbucket)
    {
        var syncWrites = vbucket.SyncWriteCounts;
        yield return ("uuid", Text(vbucket.Uuid.Value));
        yield return ("purge_seqno", Text(vbucket.PurgeSeqno));
        var counts = vbucket.OperationCounts;
        yield return ("rollback_item_count", Text(counts.RolledBack));
        yield return ("hp_vb_req_size", "0");
        yield return ("might_contain_xattrs", vbucket.HadXattrs ? "true" : "false");
        yield return ("max_deleted_revid", Text(vbucket.MaxDeletedRev));
        yield return ("high_completed_seqno", Text(vbucket.HighCompletedSeqno));
        yield return ("sync_write_accepted_count", Text((ulong)syncWrites.Accepted));
        yield return ("sync_write_committed_count", Text((ulong)syncWrites.Committed));
        yield return ("sync_write_aborted_count", Text((ulong)syncWrites.Aborted));
        yield return ("max_visible_seqno", Text(vbucket.MaxVisibleSeqno));
        yield return ("persistence_seqno", Text(vbucket.PersistedSeqno));
        yield return ("max_cas", Text(vbucket.LastCas));
        yield return ("max_cas_str", TimeOf(vbucket.LastCas));
        foreach (var name in (string[])
            ["total_abs_drift", "total_abs_drift_count", "drift_ahead_threshold_exceeded", "drift_behind_threshold_exceeded"])
            yield return (name, "0");
        yield return ("logical_clock_ticks", Text(counts.Ticks));
        yield return ("drift_ahead_threshold", Text(DriftThreshold));
        yield return ("drift_behind_threshold", Text(DriftThreshold));
        yield return ("high_seqno", Text(vbucket.HighSeqno));
        yield return ("topology", JsonSerializer.Serialize(new[] { vbucket.ReplicationChain }));
        yield return ("high_prepared_seqno", Text(vbucket.HighPreparedSeqno));
    }

    /// <summary>A cas is nanoseconds since 1970.</summary>
    private static string TimeOf(ulong cas) => string.Create(CultureInfo.InvariantCulture,
        $"{DateTime.UnixEpoch.AddTicks((long)(cas / 100)):yyyy-MM-ddTHH:mm:ss}.{cas % 1_000_000_000:d9}");

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
