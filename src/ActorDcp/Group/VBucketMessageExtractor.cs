using System.Globalization;
using ActorDcp.VBuckets;
using Akka.Cluster.Sharding;

namespace ActorDcp.Group;

/// <summary>Entity id = vbucket number; shard = vbucket modulo the number of shards, which spreads them evenly (a hash does not).</summary>
internal sealed class VBucketMessageExtractor(int shards) : IMessageExtractor
{
    public string? EntityId(object message) => message switch
    {
        VBucketMessages.IVBucketMessage addressed => Text(addressed.VBucket.Value),
        _ => null,
    };

    public object? EntityMessage(object message) => message;

    public string? ShardId(object message) => message switch
    {
        VBucketMessages.IVBucketMessage addressed => Text(addressed.VBucket.Value % shards),
        _ => null,
    };

    public string ShardId(string entityId, object? messageHint = null) => ShardId(entityId);

    private string ShardId(string entityId) => Text(int.Parse(entityId, CultureInfo.InvariantCulture) % shards);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
