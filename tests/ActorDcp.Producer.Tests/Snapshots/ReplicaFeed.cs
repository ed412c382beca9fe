using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Tests.Snapshots;

/// <summary>Feeds the one vbucket of a producer as if an active copy elsewhere did.</summary>
internal sealed class ReplicaFeed
{
    public ReplicaFeed(VBucket copy)
    {
        Copy = copy;
        copy.ChangeState(VBucketState.Replica);
        copy.ReceiveLog(new FailoverLog([new FailoverLogEntry(new VBucketUuid(0xabcd), Seqno.Zero)]));
    }

    public VBucket Copy { get; }

    public void Memory(ulong start, ulong end, bool newCheckpoint = true) =>
        Copy.ReceiveMarker(start, end, MarkerFlags.Memory | (newCheckpoint ? MarkerFlags.Checkpoint : 0));

    public void Disk(ulong start, ulong end) => Copy.ReceiveMarker(start, end, MarkerFlags.Disk | MarkerFlags.Checkpoint);

    /// <summary>Sends mutations of keys <c>key1</c>, <c>key2</c>, ... after their seqnos.</summary>
    public void Items(ulong from, ulong to)
    {
        for (var seqno = from; seqno <= to; seqno++)
            Item(seqno, string.Create(CultureInfo.InvariantCulture, $"key{seqno}"));
    }

    public void Item(ulong seqno, string key, ItemKind kind = ItemKind.Mutation) => Copy.Receive(Make(seqno, key, kind));

    public static StoredItem Make(ulong seqno, string key, ItemKind kind = ItemKind.Mutation) =>
        StoredItem.Create([0, .. Encoding.UTF8.GetBytes(key)], kind == ItemKind.Mutation ? "v"u8 : default,
            new ItemMetadata(seqno, 1_000_000 + seqno, 1, 0, 0, default, kind));
}
