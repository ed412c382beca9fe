using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Hosting.Http;

/// <summary>
/// What the HTTP calls ask of a running group. Implemented by the member's actors; a <see cref="TimeoutException"/> or
/// <see cref="OperationCanceledException"/> becomes 503.
/// </summary>
internal interface IGroupStatusSource
{
    /// <summary>The whole group, from every member that answered in time.</summary>
    Task<GroupStatus> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>A vbucket's last facts, newest first; null when the bucket has no such vbucket.</summary>
    Task<VBucketHistory?> GetHistoryAsync(VBucketId vbucket, CancellationToken cancellationToken);

    /// <summary>What this member finds about its own work, for readiness.</summary>
    Task<IReadOnlyList<HealthFinding>> GetHealthAsync(CancellationToken cancellationToken);

    /// <summary>Pauses a vbucket, or with null all of them.</summary>
    Task<OperationResult> PauseAsync(VBucketId? vbucket, CancellationToken cancellationToken);

    /// <summary>Resumes a vbucket, or with null all of them.</summary>
    Task<OperationResult> ResumeAsync(VBucketId? vbucket, CancellationToken cancellationToken);

    /// <summary>Rewinds a vbucket, or with null all of them.</summary>
    Task<OperationResult> RewindAsync(VBucketId? vbucket, RewindTarget target, bool dryRun, CancellationToken cancellationToken);

    /// <summary>The position of every vbucket as it is durable.</summary>
    Task<OffsetsFile> ExportOffsetsAsync(CancellationToken cancellationToken);

    /// <summary>Has vbuckets go on from these positions; all of them must be paused.</summary>
    Task<OperationResult> ImportOffsetsAsync(OffsetsFile offsets, bool dryRun, CancellationToken cancellationToken);
}

/// <summary>One thing the member found about itself.</summary>
internal sealed record HealthFinding(string Name, bool IsHealthy, string Text);

/// <summary>Where a rewind goes: exactly one of the three.</summary>
internal abstract record RewindTarget
{
    private RewindTarget()
    {
    }

    internal sealed record Beginning : RewindTarget;

    internal sealed record Now : RewindTarget;

    internal sealed record At(Seqno Seqno) : RewindTarget;
}

/// <summary>The answer to an operation; each case is one HTTP status.</summary>
internal abstract record OperationResult
{
    private OperationResult()
    {
    }

    /// <summary>202: done or under way.</summary>
    /// <param name="VBuckets">How many vbuckets it concerns.</param>
    /// <param name="Redelivered">How many changes will be delivered again at most.</param>
    internal sealed record Accepted(int VBuckets, long Redelivered) : OperationResult;

    /// <summary>404: the group has no such vbucket.</summary>
    internal sealed record NotFound(string Why, string Mend) : OperationResult;

    /// <summary>409: not in this state.</summary>
    internal sealed record Conflict(string Why, string Mend) : OperationResult;

    /// <summary>503: could not be done now.</summary>
    internal sealed record Unavailable(string Why, string Mend) : OperationResult;
}
