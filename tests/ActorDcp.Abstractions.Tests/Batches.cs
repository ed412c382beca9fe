using System.Text;

namespace ActorDcp.Abstractions.Tests;

/// <summary>Makes batches of mutations as the client would.</summary>
internal static class Batches
{
    public static readonly VBucketUuid Uuid = new(0xA1B2);

    public static SnapshotRun Run(int firstIndex, ulong start, ulong end) =>
        new(firstIndex, new StreamSnapshot(new Seqno(start), new Seqno(end)));

    /// <summary>The events as a list, for comparisons.</summary>
    public static List<DcpEvent> Events(this DcpBatch batch)
    {
        var events = new List<DcpEvent>();
        foreach (var change in batch)
            events.Add(change);
        return events;
    }

    public static DcpBatch Of(ulong[] seqnos, SnapshotRun[] runs, IDcpBatchLease? lease = null, IDcpValueReader? reader = null, params (int Index, ulong Uid)[] manifests)
    {
        // more slots than events, as in a rented array
        var events = new DcpEvent[seqnos.Length + 3];
        var batch = new DcpBatch(new VBucketId(7), new OwnershipEpoch(3), Uuid, 1, events, 0, [], 0, [], reader, lease);
        var changes = new List<ManifestChange>();
        for (var i = 0; i < seqnos.Length; i++)
        {
            CollectionEvent? collection = null;
            foreach (var (index, uid) in manifests)
            {
                if (index != i)
                    continue;
                collection = new CollectionEvent(CollectionEventKind.CollectionBegin, uid, 0, 8, "c", null);
                changes.Add(new ManifestChange(i, uid));
            }
            events[i] = new DcpEvent
            {
                Batch = batch,
                Index = i,
                Kind = collection is null ? DcpEventKind.Mutation : DcpEventKind.SystemEvent,
                VBucket = batch.VBucket,
                Seqno = new Seqno(seqnos[i]),
                Key = Encoding.UTF8.GetBytes($"k{seqnos[i]}"),
                Value = Encoding.UTF8.GetBytes($$"""{"n":{{seqnos[i]}}}"""),
                CollectionEvent = collection,
                WireBytes = 100 + i,
            };
        }
        batch.Seal(seqnos.Length, runs, runs.Length, [], [.. changes]);
        return batch;
    }
}
