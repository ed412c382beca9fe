using ActorDcp.Client;
using ActorDcp.Streams;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Group;

/// <summary>How a consumer group works, as far as its actors need to know.</summary>
internal sealed record GroupSettings
{
    /// <summary>Name of the group.</summary>
    public required string Group { get; init; }

    /// <summary>Name of this member, unique in the cluster.</summary>
    public required string Member { get; init; }

    /// <summary>Bucket that is read.</summary>
    public required string Bucket { get; init; }

    /// <summary>Where Couchbase is.</summary>
    public required CouchbaseAddress Address { get; init; }

    /// <summary>Options of a connection to a node, under a name of its own.</summary>
    public required Func<KvEndpoint, DcpConnectionOptions> Connection { get; init; }

    /// <summary>Whether the TLS ports of the cluster map are used.</summary>
    public bool Tls { get; init; }

    /// <summary>What the streams are limited to.</summary>
    public FilterWish Filter { get; init; } = FilterWish.Everything;

    /// <summary>Time between two questions to a node about what it has on disk; zero hands changes on wherever they are.</summary>
    public TimeSpan RollbackMitigation { get; init; }

    /// <summary>Where the group begins at its very first start.</summary>
    public GroupStart Start { get; init; }

    /// <summary>With <see cref="GroupStart.Offsets"/>: one for each vbucket of the bucket.</summary>
    public StartOffsets? StartOffsets { get; init; }

    /// <summary>Number of shards that vbuckets are spread over.</summary>
    public int Shards { get; init; } = 128;

    /// <summary>Time between checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long delivery goes on while nothing can be saved.</summary>
    public TimeSpan MaxUncheckpointed { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a leaving vbucket waits for its handler and its last checkpoint.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How errors of handlers are met.</summary>
    public HandlerPolicy Policy { get; init; } = new();

    /// <summary>Backoff of whatever must be tried again.</summary>
    public RetrySchedule Retries { get; init; } = RetrySchedule.ForStreams;

    /// <summary>Longest wait for an answer of the member's other actors or of a node.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for a handler's own offset.</summary>
    public TimeSpan HandlerStartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for a handler to take a rollback.</summary>
    public TimeSpan RollbackTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Backoff of what trying again will hardly mend.</summary>
    public RetrySchedule FailedRetries { get; init; } = RetrySchedule.ForFailures;

    /// <summary>Time between two looks at whether a node owes changes.</summary>
    public TimeSpan StallCheck { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence of a node that owes changes after which the stream is asked for again.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between two reconciliations of the coordinator.</summary>
    public TimeSpan Reconcile { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time between two renewals of the hand-over gate; below <see cref="TakeOverTime"/>.</summary>
    public TimeSpan GateAllowance { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Shortest time in which another member can take over the vbuckets of one that fell silent: failure detection and downing.</summary>
    public TimeSpan TakeOverTime { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Where a group begins.</summary>
internal enum GroupStart
{
    /// <summary>With the first change that Couchbase keeps.</summary>
    Beginning,

    /// <summary>With what is changed after the group's first start.</summary>
    Now,

    /// <summary>Where <see cref="GroupSettings.StartOffsets"/> say.</summary>
    Offsets,
}
