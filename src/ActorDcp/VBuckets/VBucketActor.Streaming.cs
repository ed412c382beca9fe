using System.Globalization;
using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.Streams;
using ActorDcp.Topology;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorDcp.VBuckets;

// Streaming, and the ways out of it: the stream ends, the node moves, the handler gives up, the vbucket is drained or paused.
internal sealed partial class VBucketActor
{
    private Action? _afterGraph;

    private void BecomeStreaming(StreamRequestResult.Opened opened)
    {
        _openedAt = _group.Time.GetTimestamp();
        _group.Metrics.StreamOpened();
        _graph = VBucketGraph.Run(_group.Materializer, new VBucketGraphParts
        {
            Source = opened.Source,
            Epoch = Epoch,
            Handler = _handler,
            Gate = _group.Gate,
            Progress = _progress!.Progress,
            Metrics = _group.Metrics,
            Policy = _group.Settings.Policy,
            BeforeHandOver = BeforeHandOver(),
        });
        var graph = _graph;
        graph.Completion.ContinueWith(done => new GraphEnded(graph, done.Result), TaskScheduler.Default).PipeTo(Self);
        Show(VBucketPhase.Streaming, LackOf(_askedFilter));
        Become(Streaming);
        AwaitLeftOut(_askedFilter);
        Timers.StartPeriodicTimer(nameof(StallCheck), StallCheck.Instance, _group.Settings.StallCheck);
        _group.Topology.Tell(new TopologyProtocol.WatchVBucket(_vbucket));
    }

    private IGraph<FlowShape<DcpBatch, DcpBatch>, NotUsed>? BeforeHandOver()
    {
        var purged = _mayHaveHandledFromZero ? new PurgedStartStage(_vbucket) : null;
        var persisted = _group.Mitigation is { } mitigation ? new PersistedGateStage(_vbucket, mitigation, _group.Metrics) : null;
        return purged is not null && persisted is not null
            ? Flow.FromGraph(purged).Via(persisted)
            : purged ?? (IGraph<FlowShape<DcpBatch, DcpBatch>, NotUsed>?)persisted;
    }

    private void Streaming(object message)
    {
        switch (message)
        {
            case GraphEnded ended when ReferenceEquals(ended.Graph, _graph): OnGraphEnded(ended.Outcome); break;
            case TopologyProtocol.ActiveNode active: OnNodeWhileStreaming(active); break;
            case ConnectionProtocol.StreamParked parked when parked.Attempt == _attempt: OnParked(parked); break;
            case StallCheck: OnStallCheck(); break;
            case CollectionsProtocol.FilterChanged: OnFilterWhileStreaming(_group.Filter.Current); break;
            case VBucketMessages.Drain: BeginHandOff(); DrainGraph(SaveAndFinish); break;
            case VBucketMessages.Pause pause: _operators.Add((Sender, null)); DrainGraph(() => Pause(pause.Reason)); break;
            case VBucketMessages.Rewind rewind: Rewind(rewind); break;
            default: OnAnyState(message); break;
        }
    }

    private void OnNodeWhileStreaming(TopologyProtocol.ActiveNode active)
    {
        if (active.Node == _node)
            return;
        _node = active.Node;
        // the old node may keep the stream open, silently (dcp-reference.md 10, quirk 3): leave it
        DrainGraph(Reopen);
    }

    private void OnParked(ConnectionProtocol.StreamParked parked) =>
        Show(VBucketPhase.Parked, string.Create(
            CultureInfo.InvariantCulture,
            $"its handler is slow and held {parked.Bytes} bytes of the window; the stream opens again when it has handled them"));

    private void OnGraphEnded(StreamOutcome outcome)
    {
        GraphGone();
        Become(Opening);
        switch (outcome)
        {
            case StreamOutcome.SourceEnded { Ending: StreamEnding.ByProducer producer }:
                _stream = null;
                _group.Metrics.StreamEnded(producer.Reason.ToString());
                OnEndedByProducer(producer.Reason);
                break;
            case StreamOutcome.SourceEnded { Ending: StreamEnding.ConnectionLost lost }:
                _stream = null;
                _group.Metrics.StreamEnded("ConnectionLost");
                RetryOpening(lost.Cause?.Message ?? "the connection was lost", refresh: true);
                break;
            case StreamOutcome.SourceEnded { Ending: StreamEnding.Parked }:
                // its handler has all that arrived and wants more
                _stream = null;
                _wasParked = true;
                Reopen();
                break;
            case StreamOutcome.HandlerFailed failed:
                OnHandlerFailed(failed);
                break;
            case StreamOutcome.Aborted { Cause: PurgedStartException }:
                ReleaseStream();
                GoBackBy(RollbackPlan.ForPurgedStart(_history!.Log));
                break;
            default:
                ReleaseStream();
                RetryOpening("the stream was cut off", refresh: false);
                break;
        }
    }

    private void OnEndedByProducer(StreamEndReason reason)
    {
        _log.Info("vbucket {0}: the stream ended: {1}", _vbucket, reason);
        if (reason is StreamEndReason.FilterEmpty)
            OnFilterEmpty();
        else if (reason is StreamEndReason.LostPrivileges)
            FailOpening($"the user lost the right to read what is streamed ({reason}): {StatusMeaning.Of(Protocol.Status.NoAccess).Mend}");
        else
            RetryOpening($"the stream ended: {reason}", refresh: true);
    }

    private void OnFilterEmpty()
    {
        // the manifest may have told of it first, and of a successor
        if (_group.Filter.Current is { IsEmpty: false } now && !now.AsksForTheSameAs(_askedFilter))
            Reopen();
        else
            AwaitFilter();
    }

    private void OnHandlerFailed(StreamOutcome.HandlerFailed failed)
    {
        ReleaseStream();
        if (failed.HandlerGone)
        {
            RetryOpening("the handler stopped", refresh: false);
            return;
        }
        // the exception's text may quote the document; its type is enough here, the handler's own log has the rest
        var reason = $"the handler failed for good at seqno {failed.Seqno} with {failed.Cause.GetType().Name}";
        _log.Error(failed.Cause, "vbucket {0}: {1}; it is paused", _vbucket, reason);
        Pause(reason);
    }

    private void OnStallCheck()
    {
        var sample = _progress!.Progress.Sample();
        var high = _group.HighSeqnos[_vbucket];
        // what was received and not handled is in work, also while the handler's next try is waited for
        var owed = high > sample.Handled.Seqno && sample.Received <= sample.Reached && _stream!.QueuedBytes == 0
            && _group.Gate.IsOpen && !_group.IsWindowFull(_streamNode!);
        var silent = _group.Time.GetUtcNow() - sample.LastProgressAt;
        if (!owed || silent < _group.Settings.StallLimit || _group.Time.GetElapsedTime(_openedAt) < _group.Settings.StallLimit)
            return;
        _group.Metrics.Stalled();
        _log.Warning("vbucket {0}: the node has changes up to {1} but sent nothing after {2} for {3:0} s; asking again",
            _vbucket, high, sample.Handled.Seqno, silent.TotalSeconds);
        DrainGraph(() => RetryOpening("nothing came although changes are owed", refresh: true));
    }

    /// <summary>Ends the graph gracefully, closes the stream, then goes on.</summary>
    private void DrainGraph(Action then)
    {
        Show(VBucketPhase.Draining);
        _afterGraph = then;
        Become(Draining);
        _graph!.Drain(_group.Settings.DrainTimeout);
    }

    private void Draining(object message)
    {
        switch (message)
        {
            case GraphEnded ended when ReferenceEquals(ended.Graph, _graph):
                OnDrained(ended.Outcome);
                break;
            case TopologyProtocol.ActiveNode active:
                _node = active.Node;
                break;
            case VBucketMessages.Drain:
                // a hand-off goes before whatever the drain was for
                BeginHandOff();
                RejectWaitingOperators();
                _afterGraph = SaveAndFinish;
                break;
            default:
                OnAnyState(message);
                break;
        }
    }

    private void OnDrained(StreamOutcome outcome)
    {
        if (outcome is StreamOutcome.GateShut { LeftInWork: true })
        {
            _group.Metrics.DrainTimedOut();
            if (_handingOff)
                _group.Leaving.EndsUnfinished(_vbucket);
            _log.Warning("vbucket {0}: the handler did not finish its batch within {1:0.0} s; it will be delivered again",
                _vbucket, _group.Settings.DrainTimeout.TotalSeconds);
        }
        GraphGone();
        ReleaseStream();
        Become(Opening);
        var then = _afterGraph;
        _afterGraph = null;
        then?.Invoke();
    }

    private void GraphGone()
    {
        _graph = null;
        Timers.Cancel(nameof(StallCheck));
    }

    private void ReleaseStream()
    {
        if (_stream is { } stream && _streamNode is { } node)
            _group.Connections.Tell(new ConnectionProtocol.CloseStream(node, stream));
        _stream = null;
    }
}
