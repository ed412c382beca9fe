using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>One branch of a vbucket within a recording; another begins when the node was killed.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Generation">0 for the branch of the beginning.</param>
internal readonly record struct RecordedBranch(int VBucket, int Generation) : IEquatable<RecordedBranch>
{
    public VBucketUuid Uuid { get; init; }

    /// <summary>Seqno at which it begins.</summary>
    public ulong Start { get; init; }

    public bool Equals(RecordedBranch other) => (VBucket, Generation) == (other.VBucket, other.Generation);

    public override int GetHashCode() => HashCode.Combine(VBucket, Generation);
}
