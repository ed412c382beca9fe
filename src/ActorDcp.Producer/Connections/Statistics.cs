using System.Globalization;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Connections;

/// <summary>The groups of the STAT command (dcp-reference.md 3.20).</summary>
internal static class Statistics
{
    /// <summary>A group's statistics; null when there is no such group.</summary>
    public static IEnumerable<(string Name, string Value)>? Of(string group, ProducerServices services, IReadOnlyList<VBucket> vbuckets) =>
        group switch
        {
            "vbucket" => vbuckets.Select(vbucket => ($"vb_{vbucket.Id}", StateName(vbucket))),
            "vbucket-seqno" => vbuckets.SelectMany(Seqnos),
            "vbucket-details" => vbuckets.SelectMany(Details),
            "failovers" => vbuckets.SelectMany(Failovers),
            "dcp" => Dcp(services),
            _ => null,
        };

    private static IEnumerable<(string, string)> Seqnos(VBucket vbucket)
    {
        var prefix = $"vb_{vbucket.Id}:";
        var high = Text(vbucket.HighSeqno);
        var persisted = Text(vbucket.PersistedSeqno);
        yield return (prefix + "high_seqno", high);
        yield return (prefix + "abs_high_seqno", high);
        yield return (prefix + "last_persisted_seqno", persisted);
        yield return (prefix + "uuid", Text(vbucket.Uuid.Value));
        yield return (prefix + "purge_seqno", Text(vbucket.PurgeSeqno));
        yield return (prefix + "last_persisted_snap_start", persisted);
        yield return (prefix + "last_persisted_snap_end", persisted);
        yield return (prefix + "high_prepared_seqno", "0");
        yield return (prefix + "high_completed_seqno", "0");
        yield return (prefix + "max_visible_seqno", high);
    }

    private static IEnumerable<(string, string)> Details(VBucket vbucket)
    {
        var prefix = $"vb_{vbucket.Id}";
        yield return (prefix, StateName(vbucket));
        yield return (prefix + ":num_items", vbucket.DocumentCount.ToString(CultureInfo.InvariantCulture));
        yield return (prefix + ":high_seqno", Text(vbucket.HighSeqno));
        yield return (prefix + ":uuid", Text(vbucket.Uuid.Value));
        yield return (prefix + ":purge_seqno", Text(vbucket.PurgeSeqno));
        yield return (prefix + ":persistence_seqno", Text(vbucket.PersistedSeqno));
        yield return (prefix + ":max_visible_seqno", Text(vbucket.HighSeqno));
    }

    private static IEnumerable<(string, string)> Failovers(VBucket vbucket)
    {
        var prefix = $"vb_{vbucket.Id}:";
        var entries = vbucket.FailoverLog.Entries;
        yield return (prefix + "num_entries", entries.Length.ToString(CultureInfo.InvariantCulture));
        yield return (prefix + "num_erroneous_entries_erased", "0");
        for (var i = 0; i < entries.Length; i++)
        {
            yield return ($"{prefix}{i}:id", Text(entries[i].Uuid.Value));
            yield return ($"{prefix}{i}:seq", Text(entries[i].Seqno.Value));
        }
    }

    private static IEnumerable<(string, string)> Dcp(ProducerServices services) =>
        services.Connections.All.SelectMany(connection =>
        {
            if (connection.Dcp is not { } session)
                return [];
            lock (connection.Gate)
                return session.Statistics().ToList();
        });

    private static string StateName(VBucket vbucket) => vbucket.State switch
    {
        VBucketState.Active => "active",
        VBucketState.Replica => "replica",
        VBucketState.Pending => "pending",
        _ => "dead",
    };

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
