using System.Net;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Connections;

/// <summary>What the producer logs. Event ids: 1xx the node, 2xx connections, 3xx DCP, 4xx the store, 5xx replication and moves.</summary>
internal static partial class ProducerLog
{
    [LoggerMessage(100, LogLevel.Information, "bucket {Bucket} with {VBuckets} vbuckets is served on {EndPoint}")]
    public static partial void Started(this ILogger logger, string bucket, int vbuckets, EndPoint endPoint);

    [LoggerMessage(101, LogLevel.Error, "accepting connections failed")]
    public static partial void AcceptFailed(this ILogger logger, Exception exception);

    [LoggerMessage(102, LogLevel.Warning, "connection from {Remote} refused: {Count} are open already")]
    public static partial void TooManyConnections(this ILogger logger, EndPoint? remote, int count);

    [LoggerMessage(200, LogLevel.Debug, "connection from {Remote} opened")]
    public static partial void ConnectionOpened(this ILogger logger, EndPoint? remote);

    [LoggerMessage(201, LogLevel.Debug, "connection from {Remote} closed: {Reason}")]
    public static partial void ConnectionClosed(this ILogger logger, EndPoint? remote, string reason);

    [LoggerMessage(202, LogLevel.Warning, "connection from {Remote} dropped: {Reason}")]
    public static partial void ConnectionDropped(this ILogger logger, EndPoint? remote, string reason);

    [LoggerMessage(203, LogLevel.Error, "connection from {Remote} failed")]
    public static partial void ConnectionFailed(this ILogger logger, EndPoint? remote, Exception exception);

    [LoggerMessage(204, LogLevel.Warning, "connection from {Remote}: authentication by {Mechanism} refused")]
    public static partial void AuthenticationRefused(this ILogger logger, EndPoint? remote, string mechanism);

    [LoggerMessage(300, LogLevel.Debug, "connection from {Remote} is DCP connection {Name}")]
    public static partial void DcpOpened(this ILogger logger, EndPoint? remote, string name);

    [LoggerMessage(301, LogLevel.Warning, "DCP connection {Name} acknowledged {Bytes} bytes, but only {Outstanding} are outstanding")]
    public static partial void AckedTooMuch(this ILogger logger, string name, uint bytes, long outstanding);

    [LoggerMessage(302, LogLevel.Debug, "DCP connection {Name} asked for vbucket {VBucket}: {Status}")]
    public static partial void StreamAnswered(this ILogger logger, string name, VBucketId vbucket, Status status);

    [LoggerMessage(303, LogLevel.Debug, "DCP connection {Name} takes vbucket {VBucket} over: it says that it is {State}")]
    public static partial void TakeOverAnswered(this ILogger logger, string name, VBucketId vbucket, Buckets.VBucketState state);

    [LoggerMessage(400, LogLevel.Error, "writing to the store failed; tried again in {Delay}")]
    public static partial void StoreFailed(this ILogger logger, TimeSpan delay, Exception exception);

    [LoggerMessage(401, LogLevel.Warning, "the store was not closed cleanly: every active vbucket begins a new branch")]
    public static partial void UncleanStop(this ILogger logger);

    [LoggerMessage(500, LogLevel.Debug, "node {Node} is not fed by node {Source} now: {Reason}")]
    public static partial void ReplicationBroken(this ILogger logger, int node, int source, string reason);

    [LoggerMessage(501, LogLevel.Error, "feeding node {Node} from node {Source} failed")]
    public static partial void ReplicationFailed(this ILogger logger, int node, int source, Exception exception);

    [LoggerMessage(502, LogLevel.Information, "vbucket {VBucket} moved from node {From} to node {To}")]
    public static partial void Moved(this ILogger logger, VBucketId vbucket, int from, int to);

    [LoggerMessage(504, LogLevel.Warning, "vbucket {VBucket} was not taken over from node {From} by node {To}, which tries again: {Reason}")]
    public static partial void TakeOverBroken(this ILogger logger, VBucketId vbucket, int from, int to, string reason);

    [LoggerMessage(503, LogLevel.Warning, "node {Node} failed over: {Promoted} vbuckets promoted, {Lost} without a copy left")]
    public static partial void FailedOver(this ILogger logger, int node, int promoted, int lost);
}
