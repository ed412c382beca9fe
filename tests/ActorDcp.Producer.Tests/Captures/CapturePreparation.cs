using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What a capture presumes beyond its bucket's changes: settings of the node, users, branches.</summary>
internal static class CapturePreparation
{
    private const int RecordedIterations = 4_000;
    private const int MapChangesBefore = 5;

    public static EmbeddedProducerOptions OptionsFor(Capture capture, RecordedHistory history, TimeProvider clock) => new()
    {
        Bucket = history.Bucket,
        VBuckets = history.VBuckets,
        Nodes = OutsideActions.NodesOf(capture.Name),
        TimeProvider = clock,
        UnderstandsMarkersV22 = false,
        OutOfOrderBackfills = IsForcedOutOfOrder(capture.Name) ? OutOfOrderBackfills.Always : OutOfOrderBackfills.Auto,
        Users =
        [
            .. ScramPlayback.Users.Where(user => user.Key != "Administrator").Select(user => new ProducerUser { Name = user.Key, Password = user.Value }),
        ],
        Ephemeral = capture.Name.Contains("ephemeral", StringComparison.Ordinal),
        HttpPort = capture.NamesHttp ? 0 : null,
        ExpiryPagerInterval = TimeSpan.FromDays(1),
        DcpIdleTimeout = capture.Name == "noop-idle-timeout" ? TimeSpan.FromSeconds(3) : TimeSpan.FromSeconds(360),
    };

    /// <summary>Only one capture of the area has the setting at its default.</summary>
    private static bool IsForcedOutOfOrder(string capture) => capture.StartsWith("oso-", StringComparison.Ordinal) && capture != "oso-auto";

    public static void Prepare(Capture capture, RecordedHistory history, EmbeddedProducer producer)
    {
        var accounts = producer.Cluster.Accounts;
        accounts.ScramIterations = RecordedIterations;
        for (var i = 0; i < MapChangesBefore; i++)
            producer.Cluster.Advance();
        foreach (var (vbucket, log) in history.Logs)
            if (vbucket < producer.Bucket.VBucketCount)
                producer.ActiveNodeOf(VBucketId.From(vbucket))!.Bucket.Adopt(new StoredVBucket
                {
                    Id = VBucketId.From(vbucket),
                    State = VBucketState.Active,
                    FailoverLog = log,
                    PurgeSeqno = history.PurgeSeqnos.GetValueOrDefault(vbucket),
                });
        if (history.Manifest is { } manifest)
            AdoptManifest(history, producer, manifest);
        // the recorded scripts changed states of vbuckets without a new map
        foreach (var node in producer.Nodes)
            node.Services!.ClusterMap.ForBucket();
    }

    private static void AdoptManifest(RecordedHistory history, EmbeddedProducer producer, BucketManifest manifest)
    {
        producer.Cluster.Settings.Collections.Adopt(manifest);
        foreach (var vbucket in producer.Bucket.VBuckets)
            if (!history.HasChanges(vbucket.Id.Value))
                vbucket.ApplyManifest(manifest);
    }
}
