using System.Text;

namespace ActorDcp.Tests.Streams;

/// <summary>Batches of mutations with keys k1, k2 and so on, each seqno a snapshot of its own unless told otherwise.</summary>
internal static class TestBatches
{
    public const int WireBytesAnEvent = 100;

    public static DcpBatch Of(VBucketId vbucket, OwnershipEpoch epoch, VBucketUuid uuid, IDcpBatchLease? lease, params ulong[] seqnos)
    {
        var first = new Seqno(seqnos[0]);
        var run = new SnapshotRun(0, new StreamSnapshot(first, new Seqno(seqnos[^1])));
        return Of(vbucket, epoch, uuid, lease, [run], [], [.. seqnos.Select(Mutation)]);
    }

    public static DcpBatch Of(
        VBucketId vbucket, OwnershipEpoch epoch, VBucketUuid uuid, IDcpBatchLease? lease, SnapshotRun[] runs, PlacedMarker[] markers,
        params DcpEvent[] changes)
    {
        var events = new DcpEvent[changes.Length];
        var batch = new DcpBatch(vbucket, epoch, uuid, 0, events, 0, [], 0, [], reader: null, lease);
        for (var i = 0; i < changes.Length; i++)
            events[i] = changes[i] with { Batch = batch, Index = i, VBucket = vbucket };
        var manifests = events
            .Where(change => change.CollectionEvent is not null)
            .Select(change => new ManifestChange(change.Index, change.CollectionEvent!.ManifestUid));
        batch.Seal(events.Length, runs, runs.Length, markers, [.. manifests]);
        return batch;
    }

    public static DcpEvent Mutation(ulong seqno) => new()
    {
        Kind = DcpEventKind.Mutation,
        Datatype = Datatype.Json,
        Seqno = new Seqno(seqno),
        Cas = seqno * 1000,
        RevSeqno = 1,
        Key = Encoding.UTF8.GetBytes($"k{seqno}"),
        Value = Encoding.UTF8.GetBytes($$"""{"n":{{seqno}}}"""),
        WireBytes = WireBytesAnEvent,
    };
}
