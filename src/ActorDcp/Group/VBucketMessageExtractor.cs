using System.Globalization;
using ActorDcp.VBuckets;
using Akka.Cluster.Sharding;

namespace ActorDcp.Group;

/// <summary>
/// Entity id = vbucket number; shard = vbucket modulo the number of shards, which spreads them evenly (a hash does not). What names
/// a vbucket that the bucket does not have is routed nowhere: it would make an entity that can never stream.
/// </summary>
internal sealed class VBucketMessageExtractor(int shards, int vbuckets) : IMessageExtractor
{
    public string? EntityId(object message) => VBucketOf(message) is { } vbucket ? Text(vbucket) : null;

    public object? EntityMessage(object message) => message;

    public string? ShardId(object message) => VBucketOf(message) is { } vbucket ? Text(vbucket % shards) : null;

    public string ShardId(string entityId, object? messageHint = null) =>
        Text(int.Parse(entityId, CultureInfo.InvariantCulture) % shards);

    private int? VBucketOf(object message) =>
        message is VBucketMessages.IVBucketMessage { VBucket.Value: var vbucket } && vbucket < vbuckets ? vbucket : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
