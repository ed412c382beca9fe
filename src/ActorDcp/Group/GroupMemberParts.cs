using ActorDcp.Client;
using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Group;

/// <summary>What a group's member is built from. Stores and handler outlive it.</summary>
internal sealed record GroupMemberParts
{
    public required GroupSettings Settings { get; init; }

    public required IOffsetStore Offsets { get; init; }

    public required GroupStore Groups { get; init; }

    public required DcpHandlerProps Handler { get; init; }

    public required ConnectClusterMapSource ConnectMap { get; init; }

    public required ActorDcpMetrics Metrics { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILoggerFactory Logging { get; init; }

    /// <summary>
    /// Joins the cluster, once the group can run here: the others await each member of the cluster at every move of a vbucket, so one
    /// that waits for Couchbase must not be among them. By default the member is in its cluster already.
    /// </summary>
    public Func<Task> Join { get; init; } = static () => Task.CompletedTask;

    /// <summary>Is given the running group, or the reason for which it can never run as configured.</summary>
    public required TaskCompletionSource<GroupContext> Started { get; init; }

    /// <summary>Tells what keeps the member from running for now.</summary>
    public required Action<string?> Waiting { get; init; }
}
