using ActorDcp.Dispatching;
using ActorDcp.Streams;
using Akka.Actor;

namespace ActorDcp.Handlers;

/// <summary>
/// The user's code for one vbucket. Called for one thing at a time and in order, so it needs no locks. Runs on threads of its own
/// (<see cref="HandlerDispatcher"/>): it may block, though each blocked thread is one less for the other handlers of the member.
/// An exception does not restart the actor; retry, pause or skip follow the group's policy.
/// </summary>
public abstract class DcpHandlerActor : UntypedActor
{
    private HandlerSynchronizationContext? _continueHere;
    private BatchTurn? _turn;

    /// <summary>
    /// Handles a batch. Returning means that all of it is handled; after an exception what follows the last
    /// <see cref="DcpBatch.HandledThrough"/> is tried again. The batch must not be kept: <see cref="DcpBatch.ToOwned"/>.
    /// </summary>
    /// <param name="batch">At least one event, valid until the task ends.</param>
    /// <param name="stopping">Cancelled when the vbucket has to leave this member and its drain time is over.</param>
    protected abstract ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping);

    /// <summary>
    /// The vbucket went back. Called at least once before anything is delivered again, also again after a crash. Must have taken
    /// effect when the task ends; an exception has it called again. By default nothing.
    /// </summary>
    protected virtual ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;

    /// <summary>
    /// For handlers that store <see cref="DcpBatch.OffsetAfter"/> and the epoch in the transaction of their effects: that position,
    /// which then wins over the group's. Null, the default, lets the group's checkpoint decide.
    /// </summary>
    protected virtual ValueTask<StreamOffset?> LoadOffsetAsync(VBucketId vbucket, OwnershipEpoch epoch, CancellationToken stopping) =>
        new((StreamOffset?)null);

    /// <summary>Messages of the user's own. By default unhandled.</summary>
    protected virtual void OnOther(object message) => Unhandled(message);

    /// <inheritdoc/>
    protected sealed override void OnReceive(object message)
    {
        switch (message)
        {
            case BatchTurn turn:
                OnTurn(turn);
                break;
            case HandlerProtocol.HandleRollback command:
                OnHandleRollback(command, Sender);
                break;
            case HandlerProtocol.LoadOffset query:
                OnLoadOffset(query, Sender);
                break;
            default:
                OnOther(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        LoseTurn(reason);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        LoseTurn(null);
        base.PostStop();
    }

    private void OnTurn(BatchTurn turn)
    {
        try
        {
            var work = Start(turn);
            if (!work.IsCompletedSuccessfully)
            {
                AwaitBatch(work, turn);
                return;
            }
            work.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            turn.Failed(e);
            return;
        }
        turn.Handled();
    }

    // apart, so that its closure is not made for handlers that complete at once
    private void AwaitBatch(ValueTask work, BatchTurn turn)
    {
        _turn = turn;
        RunTask(() => AwaitBatchAsync(work, turn));
    }

    private async Task AwaitBatchAsync(ValueTask work, BatchTurn turn)
    {
        Exception? error = null;
        try
        {
            await work;
        }
        catch (Exception e)
        {
            error = e;
        }
        // from its end on the turn may be the next batch's. An actor that lost it meanwhile is another one, or none
        _turn = null;
        if (error is null)
            turn.Handled();
        else
            turn.Failed(error);
    }

    private void OnHandleRollback(HandlerProtocol.HandleRollback command, IActorRef replyTo) =>
        RunTask(async () =>
        {
            try
            {
                await RolledBackAsync(command.Rollback, command.Stopping);
                replyTo.Tell(new HandlerProtocol.RollbackHandled(command.Rollback));
            }
            catch (Exception e)
            {
                replyTo.Tell(new HandlerProtocol.RollbackFailed(command.Rollback, e));
            }
        });

    private void OnLoadOffset(HandlerProtocol.LoadOffset query, IActorRef replyTo) =>
        RunTask(async () =>
        {
            try
            {
                var offset = await LoadOffsetAsync(query.VBucket, query.Epoch, query.Stopping);
                replyTo.Tell(new HandlerProtocol.OffsetLoaded(query.VBucket, query.Epoch, offset));
            }
            catch (Exception e)
            {
                replyTo.Tell(new HandlerProtocol.OffsetLoadFailed(query.VBucket, query.Epoch, e));
            }
        });

    // Handlers that complete at once cost no task and no suspended mailbox; those that await go on as this actor.
    private ValueTask Start(BatchTurn turn)
    {
        _continueHere ??= new HandlerSynchronizationContext(((ActorCell)Context).TaskScheduler);
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_continueHere);
        try
        {
            return HandleAsync(turn.Batch, turn.Stopping);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void LoseTurn(Exception? cause)
    {
        // what was awaited may still run somewhere, and read
        _turn?.Failed(new HandlerStoppedException("the handler stopped while it had a batch", cause), mayStillBeRead: true);
        _turn = null;
    }
}
