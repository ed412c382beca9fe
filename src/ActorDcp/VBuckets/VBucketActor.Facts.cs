using ActorDcp.Persistence;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// Facts on their way to the journal. They count here at once and become durable behind, in order, however often the journal has to
// restart; what must be durable first waits for its answer. What the next owner must know before it delivers anything, a pending
// rollback, a pause or a collection that is left out, is announced in the row first: its mark makes that owner read the journal before it streams.
internal sealed partial class VBucketActor
{
    private const int MaxUnrecorded = 64;

    private readonly Queue<VBucketFact> _unrecorded = new();
    private readonly Queue<IActorRef> _askedForHistory = new();
    private long _mark;
    private bool _isMarked;

    private void Record(VBucketFact fact)
    {
        _history = _history!.Apply(fact);
        // only with the journal away for very long: a newer fact says more than the oldest
        if (_unrecorded.Count == MaxUnrecorded)
            _unrecorded.Dequeue();
        _unrecorded.Enqueue(fact);
        if (NeedsMark(fact))
            Mark();
        if (_unrecorded.Count == 1)
            SendFact();
    }

    private void SendFact()
    {
        if (!_unrecorded.TryPeek(out var fact))
        {
            Timers.Cancel(nameof(SendAgain));
            return;
        }
        if (NeedsMark(fact) && !_isMarked)
            _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(_vbucket, Epoch));
        else
            _journal.Tell(new VBucketJournal.Record(fact));
        Timers.StartSingleTimer(nameof(SendAgain), SendAgain.Instance, _group.Settings.RequestTimeout);
    }

    private static bool NeedsMark(VBucketFact fact) =>
        fact is VBucketFact.RolledBack or VBucketFact.Paused or VBucketFact.CollectionsLeftOut { Ids.IsEmpty: false };

    private void Mark()
    {
        if (_mark != 0)
            return;
        _mark = _progress!.Mark();
        _isMarked = false;
    }

    /// <summary>The row that was taken over is as the last owner left it; what is in it stays until the next save.</summary>
    private void MarkAsTheHistorySays()
    {
        if (!_history!.MustBeKnown)
            return;
        Mark();
        _isMarked = _owned!.MustRecover;
    }

    private void UnmarkWhenNothingIsPending()
    {
        if (_mark == 0 || _history!.MustBeKnown)
            return;
        _mark = 0;
        _progress!.Unmark();
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        switch (message)
        {
            case VBucketJournal.Recorded recorded when !_unrecorded.TryPeek(out var head) || head != recorded.Fact:
                // a second answer to a fact that was sent again
                return true;
            case VBucketJournal.Recorded recorded:
                _unrecorded.Dequeue();
                SendFact();
                AnswerOperators(recorded.Fact);
                if (recorded.Fact is VBucketFact.Resumed or VBucketFact.RollbackAcknowledged or VBucketFact.CollectionsLeftOut)
                    UnmarkWhenNothingIsPending();
                // a state may be waiting for this one
                return base.AroundReceive(receive, message);
            case VBucketJournal.RecordRejected rejected when _owned is not null:
                OnFactRejected(rejected);
                return true;
            case VBucketJournal.Recovered recovered when _history is not null:
                // the journal had to start anew: an earlier owner may have written last, and what was not answered is sent again
                _history = _unrecorded.Aggregate(
                    recovered.History, (history, fact) => history.Facts.Contains(fact) ? history : history.Apply(fact));
                _historyKnown = true;
                AnswerHistory();
                SendFact();
                // a state may be waiting for it
                return base.AroundReceive(receive, message);
            case OffsetWriterProtocol.CheckpointSaved saved when saved.Mark != 0 && saved.Mark == _mark && !_isMarked:
                _isMarked = true;
                if (_unrecorded.TryPeek(out var announced) && NeedsMark(announced))
                    SendFact();
                return base.AroundReceive(receive, message);
            case Terminated terminated when terminated.ActorRef.Equals(_handler):
                _handlerGone = true;
                return base.AroundReceive(receive, message);
            case SendAgain:
                SendFact();
                return true;
            default:
                return base.AroundReceive(receive, message);
        }
    }

    /// <summary>Half a history is no answer: who asks waits until the journal has recovered.</summary>
    private void GiveHistory(IActorRef asker)
    {
        if (_askedForHistory.Count == MaxUnrecorded)
            _askedForHistory.Dequeue();
        _askedForHistory.Enqueue(asker);
        AnswerHistory();
    }

    private void AnswerHistory()
    {
        while (_historyKnown && _askedForHistory.TryDequeue(out var asker))
            asker.Tell(new VBucketMessages.HistoryReply(_vbucket, _history!));
    }

    private void OnFactRejected(VBucketJournal.RecordRejected rejected)
    {
        if (rejected.Fact.Epoch < Epoch || _unrecorded.Count == 0 || _unrecorded.Peek() != rejected.Fact)
            return;
        _log.Warning("vbucket {0}: the journal refused a fact: {1}", _vbucket, rejected.Reason);
        // a later owner has written there: the offset table would say the same
        OnFenced();
    }

    private sealed class SendAgain : INoSerializationVerificationNeeded
    {
        public static readonly SendAgain Instance = new();
    }
}
