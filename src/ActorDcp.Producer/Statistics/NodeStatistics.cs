using System.Diagnostics;
using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Statistics;

/// <summary>The group without a name: the node and its bucket.</summary>
internal static class NodeStatistics
{
    public static IEnumerable<Statistic> General(ProducerServices services)
    {
        var bucket = services.Bucket;
        var now = services.Time.GetUtcNow();
        yield return new Statistic("pid", (long)Environment.ProcessId);
        yield return new Statistic("time", now.ToUnixTimeSeconds());
        yield return new Statistic("uptime", (long)(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds);
        yield return new Statistic("version", CommandDispatcher.VersionText);
        yield return new Statistic("pointer_size", IntPtr.Size * 8L);
        yield return new Statistic("curr_connections", (long)services.Connections.Count);
        yield return new Statistic("max_connections", (long)services.Options.MaxConnections);
        yield return new Statistic("curr_items", Items(bucket, VBucketState.Active));
        yield return new Statistic("curr_items_tot", bucket.DocumentCount);
        yield return new Statistic("vb_replica_curr_items", Items(bucket, VBucketState.Replica));
        foreach (var (name, state) in ((string, VBucketState)[])
            [("active", VBucketState.Active), ("replica", VBucketState.Replica), ("pending", VBucketState.Pending), ("dead", VBucketState.Dead)])
            yield return new Statistic($"vb_{name}_num", Count(bucket, vbucket => vbucket.State == state));
        yield return new Statistic("ep_bucket_type", bucket.Settings.Ephemeral ? "ephemeral" : "persistent");
        yield return new Statistic("ep_max_vbuckets", (long)bucket.VBucketCount);
        yield return new Statistic("ep_dcp_producer_count", (long)services.Connections.All.Count(connection => connection.Dcp is not null));
        yield return new Statistic("ep_dcp_idle_timeout", services.Options.DcpIdleTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        yield return new Statistic("ep_queue_size", Unpersisted(bucket));
        yield return new Statistic("mem_used", GC.GetTotalMemory(forceFullCollection: false));
    }

    private static long Items(Bucket bucket, VBucketState state)
    {
        long items = 0;
        foreach (var vbucket in bucket.VBuckets)
            items += vbucket.State == state ? vbucket.DocumentCount : 0;
        return items;
    }

    private static long Count(Bucket bucket, Predicate<VBucket> fits)
    {
        long count = 0;
        foreach (var vbucket in bucket.VBuckets)
            count += fits(vbucket) ? 1 : 0;
        return count;
    }

    private static ulong Unpersisted(Bucket bucket)
    {
        ulong items = 0;
        foreach (var vbucket in bucket.VBuckets)
            items += vbucket.HighSeqno - Math.Min(vbucket.HighSeqno, vbucket.PersistedSeqno);
        return items;
    }
}
