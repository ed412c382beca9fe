using System.Globalization;
using ActorDcp.Group;
using ActorDcp.Topology;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// Collections of the filter that cannot be seen. Whether one was dropped or the user may not see it for a while nobody tells, so the
// others go on without it, and from where is durable first: when it comes back, the vbucket goes back to there, so that nothing of it
// is missed. One that was dropped never comes back, for numbers are not used again.
internal sealed partial class VBucketActor
{
    /// <summary>Whether a stream may be asked for by a filter; if not, what has to come before was begun.</summary>
    private bool IsReadyFor(ResolvedFilter filter)
    {
        var known = _history!.LeftOut;
        if (known.Select(each => each.Id).SequenceEqual(filter.LeftOut))
            return true;
        var handled = _progress!.Handled;
        var missed = known.Where(each => !filter.LeftOut.Contains(each.Id) && each.From.Seqno < handled.Seqno).ToList();
        if (missed.Count > 0)
        {
            _log.Warning("vbucket {0}: collections {1} can be seen again", _vbucket, Numbers(missed.Select(each => each.Id)));
            GoBackBy(RollbackPlan.ForReturned(missed.MinBy(each => each.From.Seqno).From, handled.Seqno, _history.Log, _progress.Boundaries));
            return false;
        }
        var fact = new VBucketFact.CollectionsLeftOut(Epoch, Now, [.. filter.LeftOut], handled);
        Show(VBucketPhase.Opening, "recording which collections are left out");
        Record(fact);
        Become(message => RecordingLeftOut(message, fact));
        return false;
    }

    /// <summary>Nothing is read before it is durable from where on what is left out.</summary>
    private void RecordingLeftOut(object message, VBucketFact fact)
    {
        switch (message)
        {
            case VBucketJournal.Recorded recorded when recorded.Fact == fact: Reopen(); break;
            case VBucketMessages.Drain: HandOff(); break;
            case VBucketMessages.Pause pause: PauseByOperator(pause); break;
            default: OnAnyState(message); break;
        }
    }

    private void AwaitLeftOut(ResolvedFilter known)
    {
        if (!_history!.LeftOut.IsEmpty)
            _group.Collections.Tell(new CollectionsProtocol.AwaitChange(known));
    }

    private void OnFilterWhileStreaming(ResolvedFilter now)
    {
        // what is gone from the filter ends by itself, with its last event
        if (_history!.LeftOut.Any(each => !now.LeftOut.Contains(each.Id)))
            DrainGraph(Reopen);
        else
            AwaitLeftOut(now);
    }

    private static string? LackOf(ResolvedFilter filter) => filter.LeftOut.Count == 0
        ? null
        : $"without collections {Numbers(filter.LeftOut)}: {filter.Trouble}";

    private static string Numbers(IEnumerable<uint> ids) =>
        string.Join(", ", ids.Select(id => string.Create(CultureInfo.InvariantCulture, $"0x{id:x}")));
}
