using ActorDcp.Mitigation;
using ActorDcp.Telemetry;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorDcp.Streams;

/// <summary>
/// Holds each batch until every copy of its vbucket has it on disk. What is held stays in its custody and in the connection's ledger;
/// it is dropped with the graph, and ends the graph when the copies agree that its branch is dead.
/// </summary>
internal sealed class PersistedGateStage(VBucketId vbucket, RollbackMitigation mitigation, ActorDcpMetrics metrics) : GraphStage<FlowShape<DcpBatch, DcpBatch>>
{
    private Inlet<DcpBatch> In { get; } = new("PersistedGate.in");

    private Outlet<DcpBatch> Out { get; } = new("PersistedGate.out");

    public override FlowShape<DcpBatch, DcpBatch> Shape => new(In, Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, vbucket, mitigation, metrics);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly PersistedGateStage _stage;
        private readonly VBucketId _vbucket;
        private readonly RollbackMitigation _mitigation;
        private readonly Action<HoldVerdict> _verdict;
        private readonly ActorDcpMetrics _metrics;
        private DcpBatch? _held;
        private long _heldBytes;

        public Logic(PersistedGateStage stage, VBucketId vbucket, RollbackMitigation mitigation, ActorDcpMetrics metrics)
            : base(stage.Shape)
        {
            _stage = stage;
            _vbucket = vbucket;
            _mitigation = mitigation;
            _metrics = metrics;
            _verdict = GetAsyncCallback<HoldVerdict>(OnVerdict);
            SetHandler(stage.In, this);
            SetHandler(stage.Out, this);
        }

        // a stream that begins anew may follow a node that lost what it had
        public override void PreStart() => _mitigation.Frontiers.Clear(_vbucket);

        public override void OnPull() => Pull(_stage.In);

        public override void OnPush()
        {
            var batch = Grab(_stage.In);
            var seqno = batch.HighestSeqno(0, batch.Count);
            if (_mitigation.Frontiers.Covers(_vbucket, batch.Uuid, seqno))
            {
                Push(_stage.Out, batch);
                return;
            }
            _held = batch;
            _heldBytes = batch.WireBytes(0, batch.Count);
            _metrics.Held(_heldBytes);
            _mitigation.Actor.Tell(new MitigationProtocol.Hold(_vbucket, batch.Uuid, seqno, this, _verdict), ActorRefs.NoSender);
        }

        public override void OnUpstreamFinish()
        {
            if (_held is null)
                CompleteStage();
        }

        public override void PostStop()
        {
            if (_held is null)
                return;
            _mitigation.Actor.Tell(new MitigationProtocol.Forget(_vbucket, this), ActorRefs.NoSender);
            NoLongerHeld();
        }

        private void OnVerdict(HoldVerdict verdict)
        {
            if (_held is not { } batch)
                return;
            NoLongerHeld();
            if (verdict == HoldVerdict.OtherBranch)
            {
                FailStage(new HeldBranchEndedException($"vbucket {_vbucket}: the copies follow another branch than {batch.Uuid}"));
                return;
            }
            Push(_stage.Out, batch);
            if (IsClosed(_stage.In))
                CompleteStage();
        }

        private void NoLongerHeld()
        {
            _held = null;
            _metrics.Held(-_heldBytes);
        }
    }
}
