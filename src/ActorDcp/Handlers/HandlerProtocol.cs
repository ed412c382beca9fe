using ActorDcp.Streams;
using Akka.Actor;

namespace ActorDcp.Handlers;

/// <summary>
/// What a handler actor is asked. A <see cref="BatchTurn"/> is ended by its own methods, without a message; the rest is answered by a message
/// to the sender. All of it stays inside the member.
/// </summary>
internal static class HandlerProtocol
{
    /// <summary>Any message of the protocol.</summary>
    public interface IMessage : INoSerializationVerificationNeeded;

    /// <summary>Asks for something.</summary>
    public interface ICommand : IMessage;

    /// <summary>Tells how it went.</summary>
    public interface IEvent : IMessage;

    /// <summary>Undo what a rollback takes back. Answer: <see cref="RollbackHandled"/> or <see cref="RollbackFailed"/>.</summary>
    public sealed record HandleRollback(RolledBack Rollback, CancellationToken Stopping) : ICommand;

    /// <summary>Tell the position stored with the effects. Answer: <see cref="OffsetLoaded"/> or <see cref="OffsetLoadFailed"/>.</summary>
    public sealed record LoadOffset(VBucketId VBucket, OwnershipEpoch Epoch, CancellationToken Stopping) : ICommand;

    /// <summary>The rollback has taken effect.</summary>
    public sealed record RollbackHandled(RolledBack Rollback) : IEvent;

    /// <summary>The rollback has not taken effect; it must be asked for again.</summary>
    public sealed record RollbackFailed(RolledBack Rollback, Exception Cause) : IEvent;

    /// <summary>The handler's own position; null when it keeps none and the group's counts.</summary>
    public sealed record OffsetLoaded(VBucketId VBucket, OwnershipEpoch Epoch, StreamOffset? Offset) : IEvent;

    /// <summary>The handler could not tell its position.</summary>
    public sealed record OffsetLoadFailed(VBucketId VBucket, OwnershipEpoch Epoch, Exception Cause) : IEvent;
}
