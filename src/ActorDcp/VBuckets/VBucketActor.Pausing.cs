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

    private int _handlers;
    private bool _handlerGone;
    private IActorRef _operator = ActorRefs.Nobody;

    private void PauseByOperator(VBucketMessages.Pause pause)
    {
        _operator = Sender;
        Pause(pause.Reason);
    }

    private void Pause(string reason)
    {
        Record(new VBucketFact.Paused(Epoch, Now, reason));
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(_vbucket, Epoch));
        BecomePaused(reason);
    }

    /// <summary>Only what is durable is accepted.</summary>
    private void AnswerOperator(VBucketFact recorded)
    {
        object? answer = recorded switch
        {
            VBucketFact.Paused => new VBucketMessages.PauseAccepted(_vbucket),
            VBucketFact.Resumed => new VBucketMessages.ResumeAccepted(_vbucket),
            _ => null,
        };
        if (answer is null)
            return;
        _operator.Tell(answer);
        _operator = ActorRefs.Nobody;
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
                _operator = Sender;
                Record(new VBucketFact.Resumed(Epoch, Now));
                _retries = _retries.Reset();
                BecomeAwaitingTopology();
                break;
            case VBucketMessages.Pause:
                Sender.Tell(new VBucketMessages.PauseAccepted(_vbucket));
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
        _handingOff = true;
        SaveAndFinish();
    }

    private void SaveAndFinish()
    {
        Show(VBucketPhase.Draining, "saving the position");
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(_vbucket, Epoch));
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(Saving)), _group.Settings.DrainTimeout);
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
                Sender.Tell(new VBucketMessages.HistoryReply(_vbucket, _history ?? VBucketHistory.Empty));
                break;
            case VBucketMessages.Resume:
                Reject(RejectionKind.Conflict, "the vbucket is not paused");
                break;
            case VBucketMessages.Pause:
                Reject(RejectionKind.Unavailable, "the vbucket is changing its state; try again in a moment");
                break;
            case VBucketMessages.Rewind:
                Reject(RejectionKind.Conflict, "rewinding is not possible yet");
                break;
            // answers to what an earlier state asked
            case VBucketMessages.EnsureRunning or VBucketJournal.IEvent or DeadlinePassed or Retry or GraphEnded or StallCheck or Terminated:
                break;
            case Connections.ConnectionProtocol.StreamAnswered { Result: Client.StreamRequestResult.Opened late }:
                if (_streamNode is { } node)
                    _group.Connections.Tell(new Connections.ConnectionProtocol.CloseStream(node, late.Source));
                break;
            case Connections.ConnectionProtocol.IEvent or HandlerProtocol.IEvent:
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
        Context.Stop(Self);
    }

    private TimeSpan NextRetry()
    {
        _retries = _retries.Failed(Now, Random.Shared.NextDouble());
        return _retries.WaitFrom(Now);
    }

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
