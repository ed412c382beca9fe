using ActorDcp.Client;
using Akka.Streams;
using Akka.Streams.Stage;

namespace ActorDcp.Streams;

/// <summary>
/// Takes batches from a stream as they are asked for. While nobody asks, what arrives joins the next batch. Materializes how the
/// stream ended; null when downstream ended first, which leaves the source and its queue to whoever opened it.
/// </summary>
internal sealed class DcpBatchSourceStage(IDcpBatchSource source, OwnershipEpoch epoch, BatchCustody custody)
    : GraphStageWithMaterializedValue<SourceShape<DcpBatch>, Task<StreamEnding?>>
{
    private static readonly Action Nothing = static () => { };

    private Outlet<DcpBatch> Out { get; } = new("DcpBatchSource.out");

    public override SourceShape<DcpBatch> Shape => new(Out);

    public override ILogicAndMaterializedValue<Task<StreamEnding?>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this, source, epoch, custody);
        return new LogicAndMaterializedValue<Task<StreamEnding?>>(logic, logic.Ended);
    }

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly DcpBatchSourceStage _stage;
        private readonly IDcpBatchSource _source;
        private readonly OwnershipEpoch _epoch;
        private readonly BatchCustody _custody;
        private readonly TaskCompletionSource<StreamEnding?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Action? _available;

        public Logic(DcpBatchSourceStage stage, IDcpBatchSource source, OwnershipEpoch epoch, BatchCustody custody)
            : base(stage.Shape)
        {
            _stage = stage;
            _source = source;
            _epoch = epoch;
            _custody = custody;
            SetHandler(stage.Out, this);
        }

        public Task<StreamEnding?> Ended => _ended.Task;

        public override void OnPull() => TakeOrWait();

        public override void OnDownstreamFinish(Exception cause) => CompleteStage();

        public override void PostStop()
        {
            // the source keeps no way into a graph that is gone
            _source.WhenAvailable(Nothing);
            _ended.TrySetResult(null);
        }

        private void OnAvailable()
        {
            if (IsAvailable(_stage.Out))
                TakeOrWait();
        }

        private void TakeOrWait()
        {
            // read first: what arrived before the end is in the queue by the time the end shows
            var ending = _source.Ending;
            if (_source.TryTake(_epoch, out var batch))
            {
                if (_custody.Took(batch))
                    Push(_stage.Out, batch);
            }
            else if (ending is not null)
            {
                _ended.TrySetResult(ending);
                CompleteStage();
            }
            else
            {
                _source.WhenAvailable(_available ??= new StageWakeUp(this, OnAvailable).Wake);
            }
        }
    }
}
