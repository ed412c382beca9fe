using System.Globalization;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What somebody outside of the recorded connections did to the node.</summary>
/// <param name="Before">Index of the event before which it was done.</param>
/// <param name="Text">It, as the list has it.</param>
/// <param name="Words">The same in words.</param>
internal sealed record OutsideAction(int Before, string Text, string[] Words)
{
    public void Play(EmbeddedProducer producer)
    {
        var node = producer.Cluster.Topology.Members[0];
        switch (Words)
        {
            case ["vbucket", var vbucket, "deleted"]:
                node.Bucket.Remove(Id(vbucket));
                break;
            case ["vbucket", var vbucket, var state]:
                node.Bucket.Find(Id(vbucket)).ChangeState(Enum.Parse<VBucketState>(state, ignoreCase: true));
                break;
            case ["vbucket", var vbucket, "persisted", "to", var seqno, "and", "killed"]:
                node.DropConnections();
                node.Bucket.Find(Id(vbucket)).Failover(ulong.Parse(seqno, CultureInfo.InvariantCulture));
                break;
            case ["vbucket", var vbucket, "held", "by", .. var nodes]:
                node.Bucket.Find(Id(vbucket)).SetReplicationChain(nodes);
                break;
            case ["user", var user, "may", "stream", .. var collections]:
                producer.SetPrivileges(user, ProducerPrivileges.DcpReader, collections.Select(id => uint.Parse(id, CultureInfo.InvariantCulture)));
                break;
            default:
                throw new FormatException($"'{Text}' is no action that can be played");
        }
    }

    private static VBucketId Id(string vbucket) => VBucketId.From(int.Parse(vbucket, CultureInfo.InvariantCulture));
}
