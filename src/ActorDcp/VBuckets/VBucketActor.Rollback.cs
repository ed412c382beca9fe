using ActorDcp.Connections;
using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// RollingBack: decide from the failover log, make it durable, tell the handler until it has heard, save the position, go on.
internal sealed partial class VBucketActor
{
    private Seqno _rollbackAnswer;
    private RollbackReason? _knownReason;
    private VBucketFact.RolledBack? _rollback;
    // what the handler has heard of; null when there was nothing to hear
    private Seqno? _acknowledged;

    /// <summary>The node said ROLLBACK. Its answer does not hold the failover log, which the decision needs.</summary>
    private void BeginRollback(Seqno to, RollbackReason? knownReason = null)
    {
        Show(VBucketPhase.RollingBack, $"{_node} says go back to {to}");
        _rollbackAnswer = to;
        _knownReason = knownReason;
        _group.Connections.Tell(new ConnectionProtocol.FetchFailoverLog(_node!, _vbucket, _attempt));
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(Opening)), _group.Settings.RequestTimeout);
    }

    private void OnFailoverLog(FailoverLog log)
    {
        var sent = _progress!.Handled;
        var plan = RollbackPlan.Decide(new RollbackQuestion(
            sent, _rollbackAnswer, sent.Seqno, _history!.Log, _progress.Boundaries, log, _group.HighSeqnos[_vbucket]));
        GoBackBy(_knownReason is { } reason ? plan with { Reason = reason } : plan);
    }

    private void GoBackBy(RollbackPlan plan)
    {
        _group.Metrics.RolledBack(plan.Reason);
        _log.Warning("vbucket {0}: going back from {1} to {2} ({3})", _vbucket, plan.From, plan.Resume.Seqno, plan.Reason);
        Show(VBucketPhase.RollingBack, "recording the rollback");
        // nothing but its record may begin the telling
        Timers.Cancel(nameof(Retry));
        Timers.Cancel(Deadline);
        _rollback = plan.Fact(Epoch, Now);
        Become(RollingBack);
        RecordForOperators(_rollback);
    }

    /// <summary>A rollback that the handler of an earlier owner may not have heard of.</summary>
    private void BecomeTellingRollback(VBucketFact.RolledBack pending)
    {
        _rollback = pending;
        Become(RollingBack);
        TellHandler();
    }

    private void TellHandler()
    {
        // what is pending may cover more than one rollback
        _rollback = _history!.PendingRollback ?? _rollback!;
        EnsureHandler();
        Show(VBucketPhase.RollingBack, $"telling the handler: back to {_rollback.To} ({_rollback.Reason})");
        var notice = new RolledBack(_vbucket, Epoch, _rollback.From, _rollback.To, _rollback.Reason, _rollback.Uuid);
        _handler.Tell(new HandlerProtocol.HandleRollback(notice, _stopping.Token));
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(TellHandler)), _group.Settings.RollbackTimeout);
    }

    private void RollingBack(object message)
    {
        switch (message)
        {
            case VBucketJournal.Recorded { Fact: VBucketFact.RolledBack recorded } when recorded == _rollback:
                TellHandler();
                break;
            case HandlerProtocol.RollbackHandled handled when handled.Rollback.To == _rollback!.To:
                GoBack();
                break;
            case HandlerProtocol.RollbackFailed failed:
                RetryTelling(failed.Cause.GetType().Name);
                break;
            case DeadlinePassed { State: nameof(TellHandler) }:
                RetryTelling("no answer in time");
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_handler) && Timers.IsTimerActive(Deadline):
                RetryTelling("it stopped");
                break;
            case Retry:
                TellHandler();
                break;
            case VBucketMessages.Drain:
                // still pending in the journal: the next owner tells its handler
                HandOff();
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    private void RetryTelling(string why)
    {
        Timers.Cancel(Deadline);
        var delay = NextRetry();
        _log.Warning("vbucket {0}: the handler did not take the rollback to {1} (next try in {2:0.0} s): {3}",
            _vbucket, _rollback!.To, delay.TotalSeconds, why);
        Show(VBucketPhase.RollingBack, $"the handler did not take the rollback: {why}", delay);
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, delay);
    }

    private void GoBack()
    {
        _retries = _retries.Reset();
        _toldRollback = true;
        Timers.Cancel(nameof(Retry));
        var rollback = _rollback!;
        _progress!.MovedTo(rollback.Position);
        Show(VBucketPhase.RollingBack, "saving the position");
        _acknowledged = rollback.To;
        Become(SavingRollback);
        SaveRollback();
    }

    private void SaveRollback()
    {
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(_vbucket, Epoch));
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(SavingRollback)), _group.Settings.RequestTimeout);
    }

    /// <summary>The handler has heard; nothing is delivered before the position is durable.</summary>
    private void SavingRollback(object message)
    {
        switch (message)
        {
            case OffsetWriterProtocol.CheckpointSaved saved when saved.Offset == _progress!.Handled:
                Timers.Cancel(Deadline);
                _progress.Saved(saved.Offset);
                GoOn();
                break;
            case DeadlinePassed { State: nameof(SavingRollback) }:
                SaveRollback();
                break;
            case VBucketMessages.Drain:
                HandOff();
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    /// <summary>Only once the position is durable is the rollback no longer pending: a crash before that tells the handler again.</summary>
    private void GoOn()
    {
        if (_acknowledged is { } to)
            Record(new VBucketFact.RollbackAcknowledged(Epoch, Now, to));
        GoOnAsTheHistorySays();
    }
}
