using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Group;
using ActorDcp.Protocol;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using Status = ActorDcp.Protocol.Status;

namespace ActorDcp.VBuckets;

// AwaitingTopology and Opening: find the node, ask it for the stream, and meet every answer.
internal sealed partial class VBucketActor
{
    // whether a stream may open, or have opened, that is not ours yet
    private bool _requested;
    private ResolvedFilter _askedFilter = ResolvedFilter.Everything;
    private bool _wasParked;
    private bool? _readBefore;
    private bool _mayHaveHandledFromZero;
    private RetrySchedule _failures;
    private string? _loggedFailure;

    private void BecomeAwaitingTopology()
    {
        Become(AwaitingTopology);
        if (_node is not null)
        {
            BecomeOpening();
            return;
        }
        Show(VBucketPhase.AwaitingTopology, "no node has the vbucket's active copy");
        _group.Topology.Tell(new TopologyProtocol.WatchVBucket(_vbucket));
    }

    private void AwaitingTopology(object message)
    {
        switch (message)
        {
            case TopologyProtocol.ActiveNode active:
                _node = active.Node;
                if (_node is not null)
                    BecomeOpening();
                break;
            case VBucketMessages.Drain: HandOff(); break;
            case VBucketMessages.Pause pause: PauseByOperator(pause); break;
            default: OnAnyState(message); break;
        }
    }

    private void BecomeOpening()
    {
        Show(VBucketPhase.Opening);
        Become(Opening);
        RequestStream();
    }

    private void RequestStream()
    {
        Timers.Cancel(nameof(Retry));
        EnsureHandler();
        // it may change at any time: what is asked for is what was looked at
        var filter = _group.Filter.Current;
        if (filter.IsEmpty)
        {
            AwaitFilter();
            return;
        }
        if (!IsReadyFor(filter))
            return;
        _attempt++;
        _askedFilter = filter;
        var from = _progress!.Handled;
        var request = new StreamRequest(_vbucket, from, Seqno.Max, _askedFilter.Filter);
        _group.Connections.Tell(new ConnectionProtocol.RequestStream(_node!, request, _attempt, _progress.Progress));
        _streamNode = _node;
        _requested = true;
        // a connection that cannot be made keeps the request; the deadline is for one that never answers
        Timers.StartSingleTimer(Deadline, new DeadlinePassed(nameof(Opening)), _group.Settings.RequestTimeout * 3);
    }

    private void Opening(object message)
    {
        switch (message)
        {
            case ConnectionProtocol.StreamAnswered answered when answered.Attempt == _attempt:
                Timers.Cancel(Deadline);
                OnAnswer(answered.Result);
                break;
            case ConnectionProtocol.StreamRequestFailed failed when failed.Attempt == _attempt:
                Timers.Cancel(Deadline);
                RetryOpening(failed.Cause.Message, refresh: false);
                break;
            case DeadlinePassed { State: nameof(Opening) }:
                ForgetRequest();
                RetryOpening($"{_node} did not answer the stream request in time", refresh: true);
                break;
            case ConnectionProtocol.FailoverLogFetched fetched when fetched.Attempt == _attempt:
                Timers.Cancel(Deadline);
                OnFailoverLog(fetched.Log);
                break;
            case TopologyProtocol.ActiveNode active: OnNodeWhileOpening(active); break;
            case Retry: Reopen(); break;
            case CollectionsProtocol.FilterChanged when Timers.IsTimerActive(nameof(Retry)): Reopen(); break;
            case VBucketMessages.Drain: ForgetRequest(); HandOff(); break;
            case VBucketMessages.Pause pause: ForgetRequest(); PauseByOperator(pause); break;
            default: OnAnyState(message); break;
        }
    }

    private void OnNodeWhileOpening(TopologyProtocol.ActiveNode active)
    {
        if (active.Node == _node)
            return;
        ForgetRequest();
        _node = active.Node;
        Timers.Cancel(Deadline);
        Reopen();
    }

    private void Reopen()
    {
        if (_node is null)
            BecomeAwaitingTopology();
        else
            BecomeOpening();
    }

    private void OnAnswer(StreamRequestResult result)
    {
        if (result is StreamRequestResult.Opened { Source: var source })
        {
            _requested = false;
            _stream = source;
        }
        if (!_historyKnown && MayConcernTheHistory(result))
        {
            BecomeAwaitingHistory();
            return;
        }
        switch (result)
        {
            case StreamRequestResult.Opened opened:
                OnOpened(opened);
                break;
            case StreamRequestResult.Rollback rollback:
                BeginRollback(rollback.Seqno);
                break;
            case StreamRequestResult.NotMyVBucket:
                // the connection passed the map in the answer on to the topology, if there was one
                RetryOpening($"{_node} does not have the vbucket", refresh: true);
                break;
            case StreamRequestResult.Refused { Status: Status.OutOfRange }:
                // on our own branch beyond the producer's high seqno: it lost data without a failover (dcp-reference.md 3.3)
                BeginRollback(Seqno.Zero, RollbackReason.SeqnoFromFuture);
                break;
            case StreamRequestResult.Refused refused:
                OnRefused(refused);
                break;
        }
    }

    /// <summary>A node that goes on with the very branch of our position has nothing to say that only the journal could judge.</summary>
    private bool MayConcernTheHistory(StreamRequestResult result) => result switch
    {
        StreamRequestResult.Opened opened => opened.FailoverLog.NewestUuid != _progress!.Handled.Uuid,
        StreamRequestResult.Rollback or StreamRequestResult.Refused { Status: Status.OutOfRange } => true,
        _ => false,
    };

    /// <summary>The journal may be away for long, so the stream is not kept: it would hold bytes of the window.</summary>
    private void BecomeAwaitingHistory()
    {
        Show(VBucketPhase.Opening, "reading the journal");
        ReleaseStream();
        Become(AwaitingHistory);
    }

    private void AwaitingHistory(object message)
    {
        switch (message)
        {
            case VBucketJournal.Recovered: GoOnAsTheHistorySays(); break;
            case VBucketMessages.Drain: HandOff(); break;
            case VBucketMessages.Pause pause: PauseByOperator(pause); break;
            default: OnAnyState(message); break;
        }
    }

    private void OnOpened(StreamRequestResult.Opened opened)
    {
        Timers.Cancel(nameof(Retry));
        _loggedFailure = null;
        _group.Filter.NoteOpened();
        // what a crashed owner handled above its last checkpoint may have died with its branch; until the handler was told of one
        // rollback, each new branch may be the one; so it is with an out-of-order snapshot that broke off
        if ((!_toldRollback || _progress!.Progress.HandledAbovePosition)
            && RollbackPlan.ForLostBranch(_progress!.Handled, _history!.Log, opened.FailoverLog, _progress.Boundaries) is { } plan)
        {
            ReleaseStream();
            GoBackBy(plan);
            return;
        }
        // where somebody read from 0 before, and nobody was told to begin anew since
        _readBefore ??= !_history!.Log.IsEmpty || !_progress!.Handled.Uuid.IsNone;
        _mayHaveHandledFromZero = _progress!.Handled.Seqno == Seqno.Zero
            && ((_readBefore.Value && !_toldRollback) || _progress.Progress.HandledAbovePosition);
        // after a parking nothing has changed but the stream: no fact, for a slow vbucket is parked again and again
        var wasParked = _wasParked && opened.FailoverLog.Equals(_history!.Log);
        _wasParked = false;
        if (wasParked)
        {
            BecomeStreaming(opened);
            return;
        }
        var streamOpened = new VBucketFact.StreamOpened(Epoch, Now, opened.FailoverLog, _progress!.Handled);
        // with no branch known yet, one that dies while we are down could not be told from one that lives: first durable, then handled
        var knowsNoBranch = _history!.Log.IsEmpty && _progress.Handled.Uuid.IsNone;
        Record(streamOpened);
        if (knowsNoBranch)
            BecomeRecordingBranch(opened, streamOpened);
        else
            BecomeStreaming(opened);
    }

    private void BecomeRecordingBranch(StreamRequestResult.Opened opened, VBucketFact.StreamOpened fact)
    {
        Show(VBucketPhase.Opening, "recording the branch that is read");
        Become(message => RecordingBranch(message, opened, fact));
    }

    private void RecordingBranch(object message, StreamRequestResult.Opened opened, VBucketFact.StreamOpened fact)
    {
        switch (message)
        {
            case VBucketJournal.Recorded recorded when recorded.Fact == fact: BecomeStreaming(opened); break;
            case TopologyProtocol.ActiveNode active when active.Node != _node: ReleaseStream(); _node = active.Node; Reopen(); break;
            case VBucketMessages.Drain: ReleaseStream(); HandOff(); break;
            case VBucketMessages.Pause pause: ReleaseStream(); PauseByOperator(pause); break;
            default: OnAnyState(message); break;
        }
    }

    private void OnRefused(StreamRequestResult.Refused refused)
    {
        var meaning = refused.Meaning;
        if (meaning.Course == StatusCourse.NewFilter)
            OnFilterRefused(refused);
        else if (meaning.IsRetried)
            RetryOpening($"{_node} answered {refused.Words}{Behind(meaning.Mend)}", refresh: meaning.Course == StatusCourse.NewMap);
        else
        {
            // one collection that the user may not read is enough: the manifest, as the user sees it, may tell which
            if (refused.Status == Status.NoAccess && _askedFilter.Filter is not null)
                _group.Collections.Tell(new CollectionsProtocol.Refresh());
            // the connection has told of it, once for all vbuckets
            FailOpening(BehindWhatIsHidden($"{_node} refuses the stream: {refused.Words}{Behind(meaning.Mend)}"), isTold: true);
        }

        static string Behind(string mend) => mend.Length == 0 ? "" : $"; {mend}";
    }

    /// <summary>Either the node is behind the manifest that our filter was resolved by, or we are behind the node's.</summary>
    private void OnFilterRefused(StreamRequestResult.Refused refused)
    {
        if (!(refused.ManifestUid < _askedFilter.ManifestUid))
            _group.Collections.Tell(new CollectionsProtocol.Refresh());
        RetryOpening(BehindWhatIsHidden($"{_node} answered {refused.Words}; {refused.Meaning.Mend}"), refresh: false);
    }

    private string BehindWhatIsHidden(string reason) => _group.Filter.Hidden is { } hidden ? $"{hidden} ({reason})" : reason;

    /// <summary>Nothing of the filter is there: the stream is asked for when there is.</summary>
    private void AwaitFilter()
    {
        _group.Collections.Tell(new CollectionsProtocol.Refresh());
        FailOpening($"there is nothing to stream: {_group.Filter.Current.Trouble ?? "every collection of the filter was dropped"}");
    }

    private void RetryOpening(string reason, bool refresh)
    {
        _group.Metrics.Retried(RetriedWork.Stream);
        if (refresh)
            _group.Topology.Tell(new TopologyProtocol.Refresh());
        var delay = NextRetry();
        Show(VBucketPhase.Opening, reason, delay);
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, delay);
    }

    /// <summary>Something that trying again will hardly mend; still tried again, ever more seldom, for an operator may mend it.</summary>
    private void FailOpening(string reason, bool isTold = false)
    {
        var delay = RetrySchedule.Fail(ref _failures, Now);
        _group.Metrics.Retried(RetriedWork.Stream);
        if (!isTold && reason != _loggedFailure)
            _log.Error("vbucket {0}: {1} (next try in {2:0.0} s)", _vbucket, reason, delay.TotalSeconds);
        _loggedFailure = reason;
        Show(VBucketPhase.Failed, reason, delay);
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, delay);
    }

    private void ForgetRequest()
    {
        if (_requested && _streamNode is { } node)
            _group.Connections.Tell(new ConnectionProtocol.ForgetRequest(node, _vbucket, _attempt));
        _requested = false;
    }
}
