using ActorDcp.Streams;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

public sealed class StageWakeUpTests(ITestOutputHelper output) : StreamTestBase(output)
{
    private const int Wakes = 1000;

    [Fact]
    public async Task Each_wake_runs_the_stages_action_once_and_allocates_nothing()
    {
        var stage = new CountingStage(endsAfter: 2 * Wakes);
        var running = Source.FromGraph(stage).ToMaterialized(Sink.Ignore<int>(), Keep.Right).Run(Materializer);
        var wakeUp = await stage.WakeUp.WaitAsync(Deadline);
        Wake(wakeUp);
        AwaitCondition(() => stage.Woken == Wakes, Deadline);

        var allocated = Wake(wakeUp);

        await running.WaitAsync(Deadline);
        Assert.Equal(2 * Wakes, stage.Woken);
        Assert.True(wakeUp.IsFree, "this version of Akka.Streams passes inputs on in another way: a batch costs memory again");
        // a mailbox that grows, now and then
        Assert.InRange(allocated, 0, 40 * Wakes);
    }

    [Fact]
    public async Task A_stage_that_has_ended_is_not_woken()
    {
        var stage = new CountingStage(endsAfter: 1);
        var running = Source.FromGraph(stage).ToMaterialized(Sink.Ignore<int>(), Keep.Right).Run(Materializer);
        var wakeUp = await stage.WakeUp.WaitAsync(Deadline);

        Wake(wakeUp);
        await running.WaitAsync(Deadline);
        Wake(wakeUp);

        Assert.Equal(1, stage.Woken);
    }

    private static long Wake(StageWakeUp wakeUp)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Wakes; i++)
            wakeUp.Wake();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class CountingStage(int endsAfter) : GraphStage<SourceShape<int>>
    {
        private readonly TaskCompletionSource<StageWakeUp> _wakeUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _woken;

        public override SourceShape<int> Shape { get; } = new(new Outlet<int>("Counting.out"));

        public Task<StageWakeUp> WakeUp => _wakeUp.Task;

        public int Woken => Volatile.Read(ref _woken);

        protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, endsAfter);

        private sealed class Logic : OutGraphStageLogic
        {
            private readonly CountingStage _stage;
            private readonly int _endsAfter;

            public Logic(CountingStage stage, int endsAfter)
                : base(stage.Shape)
            {
                _stage = stage;
                _endsAfter = endsAfter;
                SetHandler(stage.Shape.Outlet, this);
            }

            public override void OnPull() => _stage._wakeUp.TrySetResult(new StageWakeUp(this, OnWoken));

            private void OnWoken()
            {
                if (Interlocked.Increment(ref _stage._woken) == _endsAfter)
                    CompleteStage();
            }
        }
    }
}
