using Akka.Actor;
using Akka.Event;

namespace ActorDcp.Persistence;

/// <summary>What <see cref="OffsetWriterActor"/> is asked and tells. Never leaves the member.</summary>
internal static class OffsetWriterProtocol
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface IEvent : INoSerializationVerificationNeeded;

    /// <summary>Become owner of a vbucket. Answered with <see cref="OwnershipTaken"/>, however long the database is away.</summary>
    public sealed record TakeOver(VBucketId VBucket) : ICommand;

    /// <summary>
    /// Withdraws a <see cref="TakeOver"/>. Answered with <see cref="TakeOverWithdrawn"/> when it did not come into force, with
    /// <see cref="OwnershipTaken"/> when it was with the database already.
    /// </summary>
    public sealed record WithdrawTakeOver(VBucketId VBucket) : ICommand;

    /// <summary>Checkpoint this vbucket's progress from now on.</summary>
    public sealed record Register(VBucketId VBucket, OwnershipEpoch Epoch, ICheckpointSource Source) : ICommand;

    /// <summary>Forget a vbucket, unless another epoch was registered since.</summary>
    public sealed record Unregister(VBucketId VBucket, OwnershipEpoch Epoch) : ICommand;

    /// <summary>Checkpoint this vbucket at once. Answered with <see cref="CheckpointSaved"/> or <see cref="Fenced"/>.</summary>
    public sealed record SaveNow(VBucketId VBucket, OwnershipEpoch Epoch) : ICommand;

    /// <summary>
    /// Read the epochs back, not before this was asked, and tell who is fenced; then answer <see cref="Revalidated"/>, which repeats
    /// <paramref name="Begun"/>.
    /// </summary>
    public sealed record Revalidate(long Begun) : ICommand;

    /// <summary>What could not be done for the member's standing in the cluster may be possible now.</summary>
    public sealed record Proceed : ICommand
    {
        private Proceed()
        {
        }

        public static Proceed Instance { get; } = new();
    }

    public sealed record OwnershipTaken(OwnedOffset Owned) : IEvent;

    public sealed record TakeOverWithdrawn(VBucketId VBucket) : IEvent;

    /// <summary>The position is durable, and with it the mark that was sampled.</summary>
    public sealed record CheckpointSaved(VBucketId VBucket, OwnershipEpoch Epoch, StreamOffset Offset, long Mark = 0) : IEvent;

    /// <summary>Somebody else owns the vbucket now: stop at once.</summary>
    public sealed record Fenced(VBucketId VBucket, OwnershipEpoch Epoch) : IEvent;

    /// <summary>The epoch of every vbucket that was taken over was compared with the table; those that lost, <paramref name="Lost"/> in number, were told before.</summary>
    public sealed record Revalidated(long Begun, int Lost = 0) : IEvent;
}

/// <summary>Where the offset writer reads a vbucket's progress. Called from the writer's actor only.</summary>
internal interface ICheckpointSource
{
    /// <summary>
    /// The position after the last handled event, the boundaries worth keeping up to there, and the mark that makes the next owner
    /// read the journal before it delivers anything; 0 for none.
    /// </summary>
    (StreamOffset Offset, RetainedBoundaries Boundaries, long Mark) Sample();
}
