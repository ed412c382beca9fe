using System.Diagnostics.Metrics;
using ActorDcp.Dispatching;
using ActorDcp.Handlers;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

/// <summary>An actor system, a materializer, and graphs over fake streams.</summary>
public abstract class StreamTestBase : TestKit
{
    private protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private protected static readonly VBucketId VBucket = new(7);
    private protected static readonly OwnershipEpoch Epoch = new(3);

    private readonly TestMeterFactory _meters = new();

    protected StreamTestBase(ITestOutputHelper output, int handlerThreads = 4)
        : base(HandlerDispatcher.Configuration(handlerThreads).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = WARNING")),
            output: output)
    {
        Materializer = Sys.Materializer();
        Metrics = new ActorDcpMetrics(_meters);
        Gate = new HandOverGate(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6), Time);
    }

    private protected ActorMaterializer Materializer { get; }

    private protected ActorDcpMetrics Metrics { get; }

    private protected IMeterFactory Meters => _meters;

    private protected ManualTime Time { get; } = new();

    private protected HandOverGate Gate { get; }

    private protected HandlerJournal Journal { get; } = new();

    private protected FakeBatchSource Stream { get; } = new(VBucket);

    private protected VBucketProgress Progress { get; } = new(VBucket, Epoch, StreamOffset.Beginning, TimeProvider.System);

    private protected static HandlerPolicy Quick { get; } = new()
    {
        Retries = 2,
        MinBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(5),
        StoppingGrace = TimeSpan.FromMilliseconds(50),
    };

    private protected IActorRef Handler(Func<int, DcpBatch, CancellationToken, ValueTask> script, HandlerJournal? journal = null) =>
        Sys.ActorOf(DcpHandlerProps
            .From(_ => Props.Create(() => new ScriptedHandler(journal ?? Journal, script)))
            .For(Sys, new HandlerAssignment(VBucket, "group", "member")));

    private protected IActorRef Handler() => Handler((_, _, _) => ValueTask.CompletedTask);

    private protected VBucketGraphParts Parts(IActorRef handler) => new()
    {
        Source = Stream,
        Epoch = Epoch,
        Handler = handler,
        Gate = Gate,
        Progress = Progress,
        Metrics = Metrics,
        Policy = Quick,
    };

    private protected VBucketGraph Run(IActorRef handler, HandlerPolicy? policy = null) =>
        VBucketGraph.Run(Materializer, Parts(handler) with { Policy = policy ?? Quick });

    private protected Task Until(Func<bool> condition) => AwaitConditionAsync(() => Task.FromResult(condition()), Deadline, TimeSpan.FromMilliseconds(5));

    private protected Task UntilHandled(ulong seqno) => Until(() => Progress.Sample().Handled.Seqno == new Seqno(seqno));

    private protected void AssertEveryLeaseEndedOnce() => Assert.All(Stream.Leases, lease => Assert.Equal(1, lease.Ended));

    protected override void AfterAll()
    {
        base.AfterAll();
        _meters.Dispose();
    }
}
