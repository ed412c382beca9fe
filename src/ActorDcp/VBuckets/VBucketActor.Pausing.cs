using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.Topology;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// Paused, handing off, fenced, and what every state answers.
internal sealed partial class VBucketActor
{
    private const string Deadline = nameof(Deadline);

    // even after a batch that took all of the drain's time
    private static readonly TimeSpan LeastSaveTime = TimeSpan.FromMilliseconds(500);

    private long _handOffBegan;

    private int _handlers;
    private bool _handlerGone;
    // operators whose command is under way, with the fact that has to be durable first; null while the graph is drained for it
    private readonly List<(IActorRef Asker, VBucketFact? Fact)> _operators = [];

    private void PauseByOperator(VBucketMessages.Pause pause)
    {
        _operators.Add((Sender, null));
        Pause(pause.Reason);
    }

    private void Pause(string reason)
    {
        RecordForOperators(new VBucketFact.Paused(Epoch, Now, reason));
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(_vbucket, Epoch));
        BecomePaused(reason);
    }

    private void RecordForOperators(VBucketFact fact)
    {
        for (var i = 0; i < _operators.Count; i++)
            if (_operators[i].Fact is null)
                _operators[i] = (_operators[i].Asker, fact);
        Record(fact);
    }

    /// <summary>Only what is durable is accepted.</summary>
    private void AnswerOperators(VBucketFact recorded)
    {
        object? answer = recorded switch
        {
            VBucketFact.Paused => new VBucketMessages.PauseAccepted(_vbucket),
            VBucketFact.Resumed => new VBucketMessages.ResumeAccepted(_vbucket),
            VBucketFact.RolledBack { Reason: RollbackReason.UserRewind } back =>
                new VBucketMessages.RewindAccepted(_vbucket, back.From, back.To, DryRun: false),
            VBucketFact.StartPinned on => new VBucketMessages.RewindAccepted(_vbucket, on.Offset.Seqno, on.Offset.Seqno, DryRun: false),
            _ => null,
        };
        if (answer is null)
            return;
        foreach (var (asker, _) in _operators.FindAll(waiting => waiting.Fact == recorded))
            asker.Tell(answer);
        _operators.RemoveAll(waiting => waiting.Fact == recorded);
    }

    private void RejectWaitingOperators()
    {
        foreach (var (asker, _) in _operators)
            asker.Tell(new VBucketMessages.CommandRejected(
                _vbucket, RejectionKind.Unavailable, "the vbucket moved before the command was durable; try again in a moment"), Self);
        _operators.Clear();
    }

    private void Reject(RejectionKind kind, string reason) =>
        Sender.Tell(new VBucketMessages.CommandRejected(_vbucket, kind, reason));

    private void BecomePaused(string? reason)
    {
        Show(VBucketPhase.Paused, reason);
        Become(Paused);
    }

    private void Paused(object message)
    {
        switch (message)
        {
            case VBucketMessages.Resume:
                _operators.Add((Sender, null));
                RecordForOperators(new VBucketFact.Resumed(Epoch, Now));
                _retries = _retries.Reset();
                BecomeAwaitingTopology();
                break;
            case VBucketMessages.Pause:
                if (_unrecorded.LastOrDefault(fact => fact is VBucketFact.Paused) is { } underWay)
                    _operators.Add((Sender, underWay));
                else
                    Sender.Tell(new VBucketMessages.PauseAccepted(_vbucket));
                break;
            case VBucketMessages.Rewind rewind:
                Rewind(rewind);
                break;
            case VBucketMessages.SetOffset set:
                SetOffset(set);
                break;
            case VBucketMessages.Drain:
                HandOff();
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    /// <summary>Leaves for another home, or for none: saves what is not saved yet, sees to a successor, stops.</summary>
    private void HandOff()
    {
        BeginHandOff();
        SaveAndFinish();
    }

    private void BeginHandOff()
    {
        if (!_handingOff)
            _handOffBegan = _group.Time.GetTimestamp();
        _handingOff = true;
    }

    private void SaveAndFinish()
    {
        Show(VBucketPhase.Draining, "saving the position");
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(_vbucket, Epoch));
        // the batch in work and the position share the drain's time: the cluster waits for both together
        var left = _group.Settings.DrainTimeout - _group.Time.GetElapsedTime(_handOffBegan);
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(Saving)), left > LeastSaveTime ? left : LeastSaveTime);
        Become(Saving);
    }

    private void Saving(object message)
    {
        switch (message)
        {
            case OffsetWriterProtocol.CheckpointSaved saved when saved.Offset == _progress!.Handled:
                _progress.Saved(saved.Offset);
                Finish();
                break;
            case DeadlinePassed { State: nameof(Saving) }:
                _group.Metrics.DrainTimedOut();
                _log.Warning("vbucket {0}: its position could not be saved in time; what was handled since will be delivered again", _vbucket);
                Finish();
                break;
            case VBucketMessages.Drain:
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    private void Finish()
    {
        // buffered by the region until the shard has a new home; with no other member there will be none, and a region that holds
        // messages does not end
        if (_handingOff && _group.HasOtherMembers(Context.System))
            _group.Region.Tell(new VBucketMessages.EnsureRunning(_vbucket));
        StopNow();
    }

    /// <summary>A handler that still loads or undoes something is told first: this actor ends only after its children.</summary>
    private void StopNow()
    {
        _stopping.Cancel();
        Context.Stop(Self);
    }

    private void OnAnyState(object message)
    {
        switch (message)
        {
            case OffsetWriterProtocol.Fenced fenced:
                if (fenced.Epoch == Epoch)
                    OnFenced();
                break;
            case OffsetWriterProtocol.CheckpointSaved saved:
                _progress?.Saved(saved.Offset);
                break;
            case TopologyProtocol.ActiveNode active:
                _node = active.Node;
                break;
            case VBucketMessages.GetHistory:
                GiveHistory(Sender);
                break;
            case VBucketMessages.Resume:
                if (_progress is null || _history!.IsPaused)
                    Reject(RejectionKind.Unavailable, "the vbucket is changing its state; try again in a moment");
                else
                    Reject(RejectionKind.Conflict, "the vbucket is not paused");
                break;
            case VBucketMessages.Pause:
                Reject(RejectionKind.Unavailable, "the vbucket is changing its state; try again in a moment");
                break;
            case VBucketMessages.SetOffset when _progress is not null && !_history!.IsPaused:
                Reject(RejectionKind.Conflict, "the vbucket is not paused: pause the group first");
                break;
            case VBucketMessages.SetOffset:
                Reject(RejectionKind.Unavailable, "the vbucket is changing its state; try again in a moment");
                break;
            case VBucketMessages.Rewind { DryRun: true } rewind when _progress is not null:
                Rewind(rewind);
                break;
            case VBucketMessages.Rewind:
                Reject(RejectionKind.Unavailable, "the vbucket is changing its state; try again in a moment");
                break;
            // answers to what an earlier state asked
            case VBucketMessages.EnsureRunning or VBucketJournal.IEvent or DeadlinePassed or Retry or GraphEnded or StallCheck or Terminated:
                break;
            case Connections.ConnectionProtocol.StreamAnswered { Result: Client.StreamRequestResult.Opened late } answered:
                _group.Connections.Tell(new Connections.ConnectionProtocol.CloseStream(answered.Node, late.Source));
                break;
            case Connections.ConnectionProtocol.IEvent or HandlerProtocol.IEvent or CollectionsProtocol.IEvent:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Somebody else owns the vbucket. Nothing of ours counts any more; the coordinator sees to it that it runs where it belongs.</summary>
    private void OnFenced()
    {
        _log.Warning("vbucket {0}: another owner took over after epoch {1}; stopping", _vbucket, Epoch);
        _graph?.Abort();
        StopNow();
    }

    private TimeSpan NextRetry() => RetrySchedule.Fail(ref _retries, Now);

    private IActorRef StartHandler() =>
        Context.Watch(Context.ActorOf(
            _group.Handler.For(Context.System, new HandlerAssignment(_vbucket, _group.Settings.Group, _group.Settings.Member)),
            $"handler-{_handlers++}"));

    /// <summary>A handler that stopped by itself is made anew when it is needed again, at the pace of the retries.</summary>
    private void EnsureHandler()
    {
        if (_handlerGone)
            _handler = StartHandler();
        _handlerGone = false;
    }

    private void Show(VBucketPhase phase, string? reason = null, TimeSpan? nextTry = null) =>
        _group.Board.Set(new VBucketRow(
            _vbucket, phase, reason, nextTry is { } delay ? _group.Time.GetUtcNow() + delay : null, Epoch,
            _history?.Log.NewestUuid ?? VBucketUuid.None, _streamNode?.ToString(), _progress));

    private sealed record GraphEnded(Streams.VBucketGraph Graph, Streams.StreamOutcome Outcome) : INoSerializationVerificationNeeded;

    private sealed record DeadlinePassed(string State) : INoSerializationVerificationNeeded;

    private sealed class Retry : INoSerializationVerificationNeeded
    {
        public static readonly Retry Instance = new();
    }

    private sealed class StallCheck : INoSerializationVerificationNeeded
    {
        public static readonly StallCheck Instance = new();
    }
}
