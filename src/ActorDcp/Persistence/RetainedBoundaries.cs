using System.Collections.Immutable;

namespace ActorDcp.Persistence;

/// <summary>A fully handled snapshot end, the branch it was read on, and when.</summary>
public readonly record struct RetainedBoundary(VBucketUuid Uuid, Seqno Seqno, DateTimeOffset HandledAt);

/// <summary>
/// The fully handled snapshot ends that a vbucket may resume from after a rollback, oldest first: about 32 of the last minute and
/// about 32 older ones, spaced logarithmically (design: resuming at the producer's rollback seqno itself can lose data,
/// dcp-reference.md 4.4).
/// </summary>
public sealed record RetainedBoundaries(ImmutableArray<RetainedBoundary> OldestFirst)
{
    /// <summary>None yet.</summary>
    public static RetainedBoundaries None { get; } = new([]);
}
