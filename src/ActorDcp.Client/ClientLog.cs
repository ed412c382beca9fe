using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>What connections log. Ids: 100 connections, 120 streams. Never keys, values or secrets.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(100, LogLevel.Information, "Connected to {Endpoint} as {Name} ({Version}); refused by the node: {Refused}")]
    internal static partial void Connected(ILogger log, KvEndpoint endpoint, string name, string version, string refused);

    [LoggerMessage(101, LogLevel.Information, "The connection to {Endpoint} is gone: {Cause}")]
    internal static partial void Lost(ILogger log, KvEndpoint endpoint, string cause);

    [LoggerMessage(102, LogLevel.Warning, "{Endpoint} sent a frame that nobody waits for (magic 0x{Magic:x2}, opcode 0x{Opcode:x2}, vbucket or status {VBucketOrStatus}); dropped, further ones are only counted")]
    internal static partial void UnknownFrame(ILogger log, KvEndpoint endpoint, byte magic, byte opcode, ushort vBucketOrStatus);

    [LoggerMessage(103, LogLevel.Error, "A callback for a pushed cluster map of {Endpoint} failed")]
    internal static partial void CallbackFailed(ILogger log, KvEndpoint endpoint, Exception exception);

    [LoggerMessage(104, LogLevel.Warning, "The name servers do not answer for {Service}, so the host itself is asked: {Cause}")]
    internal static partial void ServiceNotFound(ILogger log, string service, string cause);

    [LoggerMessage(105, LogLevel.Warning, "{Endpoint} announced cluster map {Revision} and did not give it: {Cause}")]
    internal static partial void MapNotFetched(ILogger log, KvEndpoint endpoint, Protocol.ClusterMaps.ClusterMapRevision revision, string cause);

    [LoggerMessage(106, LogLevel.Debug, "{Endpoint} gave no error map, so statuses that this client does not know stay unexplained: {Cause}")]
    internal static partial void NoErrorMap(ILogger log, KvEndpoint endpoint, string cause);
}
