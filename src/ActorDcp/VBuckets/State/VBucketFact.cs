using System.Collections.Immutable;
using ActorDcp.Serialization;

namespace ActorDcp.VBuckets.State;

/// <summary>
/// A rare fact of a vbucket's life, kept in its journal. The position is not among them: it moves all the time and lives in the
/// offset table.
/// </summary>
/// <param name="Epoch">Epoch of the owner that says so; a fact of a lower epoch than one already known is ignored.</param>
/// <param name="At">When.</param>
internal abstract record VBucketFact(OwnershipEpoch Epoch, DateTimeOffset At) : IActorDcpMessage
{
    /// <summary>A member became owner.</summary>
    public sealed record OwnershipTaken(OwnershipEpoch Epoch, DateTimeOffset At, string Member) : VBucketFact(Epoch, At);

    /// <summary>The producer accepted a position and told its failover log, which vouches for all up to that position.</summary>
    public sealed record StreamOpened(OwnershipEpoch Epoch, DateTimeOffset At, FailoverLog Log, StreamOffset From)
        : VBucketFact(Epoch, At);

    /// <summary>
    /// The vbucket went back. Pending until the handler acknowledged it. <paramref name="Resume"/> is where delivery resumes if that is
    /// not the whole boundary at <paramref name="To"/>.
    /// </summary>
    public sealed record RolledBack(
        OwnershipEpoch Epoch, DateTimeOffset At, Seqno From, Seqno To, RollbackReason Reason, VBucketUuid Uuid, StreamOffset? Resume = null)
        : VBucketFact(Epoch, At)
    {
        /// <summary>The position that delivery resumes at.</summary>
        public StreamOffset Position => Resume ?? (To == Seqno.Zero ? StreamOffset.Beginning : StreamOffset.Boundary(Uuid, To));
    }

    /// <summary>The handler took note of going back to a seqno.</summary>
    public sealed record RollbackAcknowledged(OwnershipEpoch Epoch, DateTimeOffset At, Seqno To) : VBucketFact(Epoch, At);

    /// <summary>The group began to read the vbucket here.</summary>
    public sealed record StartPinned(OwnershipEpoch Epoch, DateTimeOffset At, StreamOffset Offset) : VBucketFact(Epoch, At);

    /// <summary>Nothing is delivered until somebody says so.</summary>
    public sealed record Paused(OwnershipEpoch Epoch, DateTimeOffset At, string Reason) : VBucketFact(Epoch, At);

    /// <summary>Delivery may go on.</summary>
    public sealed record Resumed(OwnershipEpoch Epoch, DateTimeOffset At) : VBucketFact(Epoch, At);

    /// <summary>
    /// From a position on the vbucket is read without these collections of the filter, all that are left out from then on. Those that
    /// were left out before keep their position.
    /// </summary>
    public sealed record CollectionsLeftOut(OwnershipEpoch Epoch, DateTimeOffset At, ImmutableArray<uint> Ids, StreamOffset From) : VBucketFact(Epoch, At)
    {
        public bool Equals(CollectionsLeftOut? other) =>
            other is not null && (Epoch, At, From) == (other.Epoch, other.At, other.From) && Ids.AsSpan().SequenceEqual(other.Ids.AsSpan());

        public override int GetHashCode() => HashCode.Combine(Epoch, At, From, Ids.Length);
    }
}
