using ActorDcp.Client;
using ActorDcp.Group;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Connections;

/// <summary>What every connection of the member's group shares.</summary>
internal sealed record ConnectionSettings
{
    /// <summary>Makes the options of the connection to a node; each call gives another connection name.</summary>
    public required Func<KvEndpoint, DcpConnectionOptions> OptionsFor { get; init; }

    /// <summary>Is told of pushed maps and of trouble.</summary>
    public required IActorRef Topology { get; init; }

    /// <summary>The incarnation of the bucket that positions belong to; a connection to another one is not used.</summary>
    public required string BucketUuid { get; init; }

    public required HighSeqnos HighSeqnos { get; init; }

    /// <summary>What the group's streams are limited to: high seqnos are polled for that and nothing else.</summary>
    public GroupFilter Filter { get; init; } = GroupFilter.Everything();

    public required ConnectionBoard Board { get; init; }

    public required ILogger Logger { get; init; }

    public required TimeProvider Time { get; init; }

    public required RetrySchedule Retries { get; init; }

    /// <summary>Time between two reads of the high seqnos.</summary>
    public TimeSpan HighSeqnoPoll { get; init; } = TimeSpan.FromSeconds(2);
}
