using ActorDcp.Dispatching;
using ActorDcp.Handlers;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using BenchmarkDotNet.Attributes;

namespace ActorDcp.Benchmarks.Pieces;

/// <summary>
/// Time and memory of an event in a vbucket's graph, from a stream that always has a batch: through one stage and out, and through the
/// whole graph with hand-over gate and handler actor. A batch's own object and run, 200 bytes, are in all figures.
/// </summary>
public class GraphBenchmark : IDisposable
{
    private const int Events = 262_144;

    private static readonly VBucketId VBucket = new(7);
    private static readonly OwnershipEpoch Epoch = new(1);

    private readonly TestMeterFactory _meters = new();
    private readonly HandlerCounts _counts = new();
    private readonly HandOverGate _gate = new(TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeProvider.System);
    private ActorDcpMetrics _metrics = null!;
    private ActorSystem _system = null!;
    private ActorMaterializer _materializer = null!;
    private IActorRef _handler = null!;

    /// <summary>Makes what a member has once.</summary>
    [GlobalSetup]
    public void Start()
    {
        _system = ActorSystem.Create("benchmark", HandlerDispatcher.Configuration().WithFallback(StreamDispatcher.Configuration()));
        _metrics = new ActorDcpMetrics(_meters);
        _materializer = _system.Materializer(ActorMaterializerSettings.Create(_system).WithDispatcher(StreamDispatcher.Id));
        _handler = _system.ActorOf(DcpHandlerProps
            .FromHandler(_ => new CountHandler(_counts)).For(_system, new HandlerAssignment(VBucket, "group", "member")));
    }

    /// <summary>Events of a batch.</summary>
    [Params(1, 16, 256)]
    public int EventsABatch { get; set; }

    /// <summary>From the stream through one stage of a graph.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public Task StreamHop()
    {
        var batches = Events / EventsABatch;
        var custody = new BatchCustody();
        return Source.FromGraph(new DcpBatchSourceStage(NewSource(), Epoch, custody))
            .Take(batches)
            .RunWith(Sink.ForEach<DcpBatch>(_ => custody.GiveBack()), _materializer);
    }

    /// <summary>From the stream through the whole graph to a handler actor, and back.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public async Task HandlerCall()
    {
        var source = NewSource();
        var progress = new VBucketProgress(VBucket, Epoch, StreamOffset.Beginning, TimeProvider.System);
        var graph = VBucketGraph.Run(_materializer, new VBucketGraphParts
        {
            Source = source, Epoch = Epoch, Handler = _handler, Gate = _gate, Progress = progress, Metrics = _metrics,
        });
        await graph.Completion;
        if (progress.Sample().Events != Events)
            throw new InvalidOperationException($"{progress.Sample().Events} of {Events} events were handled");
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _system.Terminate().GetAwaiter().GetResult();
        _system.Dispose();
        _meters.Dispose();
        GC.SuppressFinalize(this);
    }

    private EndlessBatchSource NewSource() => new(VBucket, EventsABatch, Events);
}
