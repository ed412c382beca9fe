using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorDcp.Streams;

/// <summary>
/// Stands in a stream that begins at seqno 0 again, where an earlier one may have been handled in part without a checkpoint. The
/// producer accepts 0 whatever it has purged (dcp-reference.md 4.3), so a document that was handled, deleted and purged since would
/// stay with the handler for ever. Only a beginning that shows that no tombstone is missing passes: one from memory, which still
/// has everything, or one from disk whose marker tells that nothing was purged. Any other ends the graph before anything is handed
/// over, and the handler is told to begin anew.
/// </summary>
internal sealed class PurgedStartStage(VBucketId vbucket) : GraphStage<FlowShape<DcpBatch, DcpBatch>>
{
    private Inlet<DcpBatch> In { get; } = new("PurgedStart.in");

    private Outlet<DcpBatch> Out { get; } = new("PurgedStart.out");

    public override FlowShape<DcpBatch, DcpBatch> Shape => new(In, Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, vbucket);

    private static bool HasEveryTombstone(DcpBatch first) =>
        !first.Markers.IsEmpty && first.Markers[0] is { Index: 0, Marker: var marker }
        && (!marker.Flags.HasFlag(SnapshotFlags.Disk)
            || marker is { Version: SnapshotMarkerVersion.V22, PurgeSeqno.Value: 0 });

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly PurgedStartStage _stage;
        private readonly VBucketId _vbucket;
        private bool _passed;

        public Logic(PurgedStartStage stage, VBucketId vbucket)
            : base(stage.Shape)
        {
            _stage = stage;
            _vbucket = vbucket;
            SetHandler(stage.In, this);
            SetHandler(stage.Out, this);
        }

        public override void OnPull() => Pull(_stage.In);

        public override void OnPush()
        {
            var batch = Grab(_stage.In);
            _passed |= HasEveryTombstone(batch);
            if (_passed)
                Push(_stage.Out, batch);
            else
                FailStage(new PurgedStartException($"vbucket {_vbucket}: deletions may have been purged since it was read last"));
        }
    }
}
