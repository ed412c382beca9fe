using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// Facts on their way to the journal. They count here at once and become durable behind, in order, however often the journal has to
// restart; what must be durable first waits for its answer.
internal sealed partial class VBucketActor
{
    private const int MaxUnrecorded = 64;

    private readonly Queue<VBucketFact> _unrecorded = new();

    private void Record(VBucketFact fact)
    {
        _history = _history!.Apply(fact);
        // only with the journal away for very long: a newer fact says more than the oldest
        if (_unrecorded.Count == MaxUnrecorded)
            _unrecorded.Dequeue();
        _unrecorded.Enqueue(fact);
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
        _journal.Tell(new VBucketJournal.Record(fact));
        Timers.StartSingleTimer(nameof(SendAgain), SendAgain.Instance, _group.Settings.RequestTimeout);
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        switch (message)
        {
            case VBucketJournal.Recorded recorded:
                if (_unrecorded.TryPeek(out var head) && head == recorded.Fact)
                    _unrecorded.Dequeue();
                SendFact();
                AnswerOperators(recorded.Fact);
                // a state may be waiting for this one
                return base.AroundReceive(receive, message);
            case VBucketJournal.RecordRejected rejected when _owned is not null:
                OnFactRejected(rejected);
                return true;
            case VBucketJournal.Recovered recovered when _history is not null:
                // the journal had to start anew: an earlier owner may have written last, and what was not answered is sent again
                _history = _unrecorded.Aggregate(
                    recovered.History, (history, fact) => history.Facts.Contains(fact) ? history : history.Apply(fact));
                SendFact();
                return true;
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
