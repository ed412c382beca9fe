using System.Globalization;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What somebody outside of the recorded connections did to the node.</summary>
/// <param name="Before">Index of the event before which it was done.</param>
/// <param name="Text">It, as the list has it.</param>
/// <param name="Words">The same in words.</param>
internal sealed record OutsideAction(int Before, string Text, string[] Words)
{
    public async Task PlayAsync(EmbeddedProducer producer)
    {
        var first = producer.Nodes[0];
        switch (Words)
        {
            case [_, "nodes"] or ["connections", ..]:
                // how the cluster was set up
                break;
            case ["vbucket", var vbucket, "deleted"]:
                first.Bucket.Remove(Id(vbucket));
                break;
            case ["vbucket", var vbucket, "replicated", "to", "node", var node]:
                await ReplicateAsync(producer, Id(vbucket), NodeAt(producer, node));
                break;
            case ["vbucket", var vbucket, "taken", "over", "by", "node", var node]:
                await TakeOverAsync(producer, Id(vbucket), NodeAt(producer, node));
                break;
            case ["vbucket", var vbucket, "at", "node", var node, "in", "new", "maps"]:
                PublishMaps(producer, Id(vbucket), NodeAt(producer, node));
                break;
            case ["vbucket", var vbucket, "persisted", "to", var seqno, "only"]:
                first.Bucket.Find(Id(vbucket)).HoldPersistence(ulong.Parse(seqno, CultureInfo.InvariantCulture));
                break;
            case ["vbucket", var vbucket, "persisted", "to", var seqno, "and", "killed"]:
                first.DropConnections();
                first.Bucket.Find(Id(vbucket)).Failover(ulong.Parse(seqno, CultureInfo.InvariantCulture));
                break;
            case ["vbucket", var vbucket, "held", "by", .. var nodes]:
                first.Bucket.Find(Id(vbucket)).SetReplicationChain(nodes);
                break;
            case ["vbucket", var vbucket, var state]:
                first.Bucket.Find(Id(vbucket)).ChangeState(Enum.Parse<VBucketState>(state, ignoreCase: true));
                break;
            case ["user", var user, "may", "stream", .. var collections]:
                producer.SetPrivileges(user, ProducerPrivileges.DcpReader, collections.Select(id => uint.Parse(id, CultureInfo.InvariantCulture)));
                break;
            default:
                throw new FormatException($"'{Text}' is no action that can be played");
        }
    }

    private static async Task<VBucket> ReplicateAsync(EmbeddedProducer producer, VBucketId vbucket, ProducerNode node)
    {
        var active = producer.Bucket.Find(vbucket);
        var copy = node.Bucket.TryFind(vbucket) ?? node.Bucket.Create(vbucket, VBucketState.Replica);
        node.Follow();
        await Wait.UntilAsync(() => copy.Uuid == active.Uuid && copy.HighSeqno == active.HighSeqno);
        return copy;
    }

    /// <summary>The new copy is active, and the old one dead; no map says so yet.</summary>
    private static async Task TakeOverAsync(EmbeddedProducer producer, VBucketId vbucket, ProducerNode node)
    {
        var active = producer.Bucket.Find(vbucket);
        var copy = await ReplicateAsync(producer, vbucket, node);
        active.LetGo();
        node.Release(copy);
        copy.Promote(takeover: true);
    }

    /// <summary>The recorded script set the bucket's map and the one of nodes alone (dcp-reference.md 10.19).</summary>
    private static void PublishMaps(EmbeddedProducer producer, VBucketId vbucket, ProducerNode node)
    {
        producer.Cluster.Topology.Advance(vbucket, [node.Id]);
        foreach (var member in producer.Nodes)
            MapNotification.Push(member.Services!, withNodes: true);
    }

    private static ProducerNode NodeAt(EmbeddedProducer producer, string number) => producer.Nodes[int.Parse(number, CultureInfo.InvariantCulture) - 1];

    private static VBucketId Id(string vbucket) => VBucketId.From(int.Parse(vbucket, CultureInfo.InvariantCulture));
}
