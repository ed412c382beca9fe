using ActorDcp.Client;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Mitigation;

/// <summary>How the mitigation actor and its pollers work.</summary>
internal sealed record MitigationSettings
{
    /// <summary>Time between two questions to a node, while something waits for it.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Tells maps, and is told when one seems old.</summary>
    public required IActorRef Topology { get; init; }

    /// <summary>Options of a connection without streams.</summary>
    public required Func<KvEndpoint, KvConnectionOptions> Connection { get; init; }

    public required RetrySchedule Retries { get; init; }

    public required TimeProvider Time { get; init; }

    public required ActorDcpMetrics Metrics { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>A wait that lasts longer is told of in the log, once in the same time.</summary>
    public TimeSpan LongWait { get; init; } = TimeSpan.FromSeconds(30);
}
