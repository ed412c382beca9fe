using ActorDcp.Handlers;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorDcp.Streams;

/// <summary>What the outside can ask of a running <see cref="HandlerStage"/>.</summary>
internal interface IHandlerStageControl
{
    /// <summary>How it ended; null when upstream did and all is handled. Never faults.</summary>
    Task<StreamOutcome?> Outcome { get; }

    /// <summary>Hands over nothing more and awaits the batch in work until the deadline.</summary>
    void Drain(TimeSpan deadline);
}

/// <summary>
/// Hands batches to the handler actor, one at a time, each only while the hand-over gate is open; meets errors as the policy
/// says; gives each batch back exactly once, then asks for the next.
/// <code>
///            push             gate open               handled
///   Idle ──────────► Waiting ───────────► InHandler ───────────► Idle
///                       ▲   retry           │ failed
///                       └──── backoff ◄─────┤
///                                           └──► HandlerFailed, or the events are skipped
/// </code>
/// </summary>
internal sealed class HandlerStage(VBucketGraphParts parts, BatchCustody custody, CancellationTokenSource stopping)
    : GraphStageWithMaterializedValue<SinkShape<DcpBatch>, IHandlerStageControl>
{
    private Inlet<DcpBatch> In { get; } = new("DcpHandler.in");

    public override SinkShape<DcpBatch> Shape => new(In);

    public override ILogicAndMaterializedValue<IHandlerStageControl> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this, parts, custody, stopping);
        return new LogicAndMaterializedValue<IHandlerStageControl>(logic, logic);
    }

    private sealed class Logic : TimerGraphStageLogic, IInHandler, IHandlerStageControl
    {
        private const string Retry = "retry";
        private const string DrainDeadline = "drain-deadline";
        private const string GraceOver = "grace-over";

        private readonly HandlerStage _stage;
        private readonly VBucketGraphParts _parts;
        private readonly BatchCustody _custody;
        private readonly HandlerPolicy _policy;
        private readonly CancellationTokenSource _stopping;
        private readonly TaskCompletionSource<StreamOutcome?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Action<TimeSpan> _drain;
        private readonly Action _gateOpened;
        private IActorRef? _self;

        // the batch in work; [_first, _end) of it is what the handler has or gets next
        private DcpBatch? _batch;
        private int _first;
        private int _end;
        private DcpBatch? _handed;
        private BatchTurn? _turn;
        private BatchTurn? _spareTurn;
        private Action? _turnEnded;
        private int _failures;
        private bool _oneByOne;
        private bool _draining;

        public Logic(HandlerStage stage, VBucketGraphParts parts, BatchCustody custody, CancellationTokenSource stopping)
            : base(stage.Shape)
        {
            _stage = stage;
            _parts = parts;
            _custody = custody;
            _stopping = stopping;
            _policy = parts.Policy;
            _drain = GetAsyncCallback<TimeSpan>(BeginDrain);
            _gateOpened = GetAsyncCallback(OnGateOpened);
            SetHandler(stage.In, this);
        }

        public Task<StreamOutcome?> Outcome => _outcome.Task;

        public void Drain(TimeSpan deadline) => _drain(deadline);

        public override void PreStart()
        {
            var actor = GetStageActor(OnMessage);
            actor.Watch(_parts.Handler);
            _self = actor.Ref;
            Pull(_stage.In);
        }

        public void OnPush()
        {
            _batch = Grab(_stage.In);
            _first = 0;
            _end = _batch.Count;
            _failures = 0;
            _oneByOne = false;
            if (_draining)
                End(new StreamOutcome.GateShut(LeftInWork: false));
            else
                HandOver();
        }

        public void OnUpstreamFinish()
        {
            if (_batch is null)
                EndAfterUpstream();
            else
                SetKeepGoing(true);
        }

        public void OnUpstreamFailure(Exception e) => End(new StreamOutcome.Aborted(e));

        public override void PostStop()
        {
            _parts.Gate.Forget(_gateOpened);
            _parts.Progress.CameBack();
            _turn = null;
            _custody.Close();
            _outcome.TrySetResult(new StreamOutcome.Aborted(null));
            // callbacks of the user's must not run here
            _ = _stopping.CancelAsync();
        }

        protected override void OnTimer(object timerKey)
        {
            switch (timerKey)
            {
                case Retry:
                    HandOver();
                    break;
                case DrainDeadline:
                    _ = _stopping.CancelAsync();
                    ScheduleOnce(GraceOver, _policy.StoppingGrace);
                    break;
                case GraceOver:
                    End(new StreamOutcome.GateShut(LeftInWork: true));
                    break;
            }
        }

        private void OnMessage((IActorRef Sender, object Message) letter)
        {
            if (letter.Message is not Terminated)
                return;
            var cause = new HandlerStoppedException($"the handler of vbucket {_parts.Progress.VBucket} stopped");
            if (_turn is not null)
                TakeBack(mayStillBeRead: true);
            End(new StreamOutcome.HandlerFailed(cause, FirstUnhandled, HandlerGone: true));
        }

        private Seqno FirstUnhandled => _batch is null ? _parts.Progress.Sample().Handled.Seqno : _batch[_first].Seqno;

        private void HandOver()
        {
            if (!_parts.Gate.IsOpen)
            {
                _parts.Gate.WhenOpen(_gateOpened);
                return;
            }
            var batch = _batch!;
            _handed = _first == 0 && _end == batch.Count ? batch : batch.Slice(_first, _end - _first);
            _turn = _spareTurn ?? new BatchTurn(_turnEnded ??= new StageWakeUp(this, OnTurnEnded).Wake, _stopping.Token);
            _spareTurn = null;
            _turn.Begin(_handed, _parts.Time.GetTimestamp());
            _custody.HandedOver();
            _parts.Progress.HandedOver();
            _parts.Handler.Tell(_turn, _self);
        }

        private void OnGateOpened()
        {
            // a gate that shut again meanwhile is waited for again
            if (_batch is not null && _turn is null && !_draining && !IsTimerActive(Retry))
                HandOver();
        }

        private void OnTurnEnded()
        {
            if (_turn is not { HasEnded: true } turn)
                return;
            var error = turn.Error;
            _parts.Metrics.HandlerTook(_parts.Time.GetElapsedTime(turn.StartedAt), error is null);
            TakeBack(turn.MayStillBeRead);
            // a handler that lost its turn may still try to end it
            if (!turn.MayStillBeRead)
                _spareTurn = turn;
            if (error is not null)
                OnFailed(error);
            else
                OnHandledUpTo(_end);
        }

        private void TakeBack(bool mayStillBeRead)
        {
            var handed = _handed!;
            _turn = null;
            _handed = null;
            _custody.CameBack(mayStillBeRead);
            if (handed.HandledCount is var partly and > 0)
            {
                _failures = 0;
                Advance(_first + partly);
            }
        }

        private void Advance(int end)
        {
            if (end == _first)
                return;
            var bytes = _parts.Progress.Handled(_batch!, _first, end);
            _parts.Metrics.Handled(end - _first, bytes);
            _first = end;
        }

        private void OnHandledUpTo(int end)
        {
            Advance(end);
            var batch = _batch!;
            if (_draining)
            {
                End(new StreamOutcome.GateShut(LeftInWork: false));
            }
            else if (_first < batch.Count)
            {
                _end = _oneByOne ? _first + 1 : batch.Count;
                _failures = 0;
                HandOver();
            }
            else
            {
                _batch = null;
                _parts.Progress.CameBack();
                _custody.GiveBack();
                if (IsClosed(_stage.In))
                    EndAfterUpstream();
                else
                    Pull(_stage.In);
            }
        }

        private void OnFailed(Exception error)
        {
            if (_draining || _first == _end)
            {
                OnHandledUpTo(_first);
                return;
            }
            _failures++;
            if (_failures <= _policy.Retries)
            {
                _parts.Metrics.HandlerRetried();
                ScheduleOnce(Retry, _policy.BackoffBefore(_failures));
            }
            else
            {
                GiveUp(error);
            }
        }

        // The place for further actions: a dead letter is stored here before what it holds counts as handled.
        private void GiveUp(Exception error)
        {
            var seqno = FirstUnhandled;
            if (_policy.OnError == HandlerErrorAction.Pause)
            {
                End(new StreamOutcome.HandlerFailed(error, seqno, HandlerGone: false));
                return;
            }
            _failures = 0;
            if (_end - _first > 1)
            {
                // only what fails on its own is left out
                _oneByOne = true;
                _end = _first + 1;
                HandOver();
                return;
            }
            Log.Warning(error, "Skipped seqno {0} of vbucket {1}: its handler failed", seqno, _parts.Progress.VBucket);
            _parts.Metrics.HandlerSkipped();
            OnHandledUpTo(_end);
        }

        private void BeginDrain(TimeSpan deadline)
        {
            if (_draining)
                return;
            _draining = true;
            if (_turn is null)
                End(new StreamOutcome.GateShut(LeftInWork: false));
            else
                ScheduleOnce(DrainDeadline, deadline);
        }

        private void EndAfterUpstream() => End(_draining ? new StreamOutcome.GateShut(LeftInWork: false) : null);

        private void End(StreamOutcome? outcome)
        {
            _outcome.TrySetResult(outcome);
            SetKeepGoing(false);
            CompleteStage();
        }
    }
}
