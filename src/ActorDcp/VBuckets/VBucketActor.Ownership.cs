using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// TakingOwnership and PreparingHandler: the fence first, then what the journal and the handler know.
internal sealed partial class VBucketActor
{
    private void BecomeTakingOwnership()
    {
        Show(VBucketPhase.TakingOwnership);
        Become(TakingOwnership);
    }

    private void TakingOwnership(object message)
    {
        switch (message)
        {
            case OffsetWriterProtocol.OwnershipTaken taken:
                _owned = taken.Owned;
                PrepareWhenKnown();
                break;
            case VBucketJournal.Recovered recovered:
                // the journal says so by itself whenever it has started, however often its database makes it start again
                _history = recovered.History;
                _historyKnown = true;
                AnswerHistory();
                PrepareWhenKnown();
                break;
            case VBucketMessages.Drain:
                BeginHandOff();
                WithdrawTakeOver();
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    /// <summary>A take-over that reached the database must be waited for, or it would fence the next owner.</summary>
    private void WithdrawTakeOver()
    {
        if (_owned is not null)
        {
            Finish();
            return;
        }
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.WithdrawTakeOver(_vbucket));
        Become(WithdrawingTakeOver);
    }

    private void WithdrawingTakeOver(object message)
    {
        switch (message)
        {
            case OffsetWriterProtocol.TakeOverWithdrawn or OffsetWriterProtocol.OwnershipTaken:
                Finish();
                break;
            case VBucketMessages.Drain:
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    private void PrepareWhenKnown()
    {
        if (_owned is null || (_history is null && NeedsHistory(_owned)))
            return;
        // what the journal holds comes when it has recovered, behind the stream
        _history ??= VBucketHistory.Empty;
        Record(new VBucketFact.OwnershipTaken(Epoch, Now, _group.Settings.Member));
        BecomePreparingHandler();
    }

    /// <summary>A row with no branch yet is a vbucket's first start, whose branch must be durable before anything is handled.</summary>
    private static bool NeedsHistory(OwnedOffset owned) => owned.MustRecover || owned.Offset.Uuid.IsNone;

    private void BecomePreparingHandler()
    {
        Show(VBucketPhase.PreparingHandler);
        Become(PreparingHandler);
        LoadOffset();
    }

    private void LoadOffset()
    {
        EnsureHandler();
        _handler.Tell(new HandlerProtocol.LoadOffset(_vbucket, Epoch, _stopping.Token));
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(PreparingHandler)), _group.Settings.HandlerStartTimeout);
    }

    private void PreparingHandler(object message)
    {
        switch (message)
        {
            case HandlerProtocol.OffsetLoaded loaded:
                Timers.Cancel(Deadline);
                StartFrom(loaded.Offset ?? _owned!.Offset);
                break;
            case HandlerProtocol.OffsetLoadFailed failed:
                RetryPreparing(failed.Cause.Message);
                break;
            case DeadlinePassed { State: nameof(PreparingHandler) }:
                RetryPreparing($"the handler did not say its offset within {_group.Settings.HandlerStartTimeout.TotalSeconds:0} s");
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_handler):
                RetryPreparing("it could not be made, or stopped; the log above says why");
                break;
            case Retry:
                LoadOffset();
                break;
            case VBucketMessages.Drain:
                BeginHandOff();
                Finish();
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    private void RetryPreparing(string reason)
    {
        Timers.Cancel(Deadline);
        var delay = NextRetry();
        _log.Warning("vbucket {0}: the handler cannot start (next try in {1:0.0} s): {2}", _vbucket, delay.TotalSeconds, reason);
        Show(VBucketPhase.Failed, reason, delay);
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, delay);
    }

    private void StartFrom(StreamOffset offset)
    {
        _retries = _retries.Reset();
        Timers.Cancel(nameof(Retry));
        _progress = new CheckpointSource(_vbucket, Epoch, offset, _owned!.Boundaries, _group.Time);
        _watching.Add(_group.Metrics.Watch(_progress.Progress));
        _watching.Add(_group.HighSeqnos.Follow(_vbucket, _progress.Progress));
        MarkAsTheHistorySays();
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.Register(_vbucket, Epoch, _progress));
        GoOnAsTheHistorySays();
    }

    private void GoOnAsTheHistorySays()
    {
        if (_history!.PendingRollback is { } pending)
            BecomeTellingRollback(pending);
        else if (_history.IsPaused)
            BecomePaused(_history.PausedReason);
        else
            BecomeAwaitingTopology();
    }
}
