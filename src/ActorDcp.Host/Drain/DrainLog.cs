using ActorDcp.Client;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Host.Drain;

/// <summary>What a drain logs; event ids 5000 to 5099.</summary>
internal static partial class DrainLog
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "{Endpoint} did not tell its cluster map: {Reason}")]
    public static partial void MapNotFetched(ILogger logger, NodeAddress endpoint, string reason);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Debug, Message = "vbucket {VBucket} continues from {Position}: {Reason}")]
    public static partial void Continues(ILogger logger, VBucketId vbucket, StreamOffset position, string reason);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Debug, Message = "vbucket {VBucket} continues from {Position}: the node ended the stream with {Reason}")]
    public static partial void EndedByNode(ILogger logger, VBucketId vbucket, StreamOffset position, StreamEndReason reason);

    [LoggerMessage(EventId = 5007, Level = LogLevel.Debug, Message = "vbucket {VBucket} moved away from {Endpoint}: its stream there is left")]
    public static partial void Moved(ILogger logger, VBucketId vbucket, KvEndpoint endpoint);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "vbucket {VBucket} goes back from {From} to {To}: {Reason}")]
    public static partial void GoesBack(ILogger logger, VBucketId vbucket, Seqno from, Seqno to, RollbackReason reason);

    [LoggerMessage(EventId = 5006, Level = LogLevel.Warning, Message = "{Reason}; trying again")]
    public static partial void NotYet(ILogger logger, string reason);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning, Message = "vbucket {VBucket}: the node answered {Words}; trying again")]
    public static partial void RefusedForNow(ILogger logger, VBucketId vbucket, string words);
}
