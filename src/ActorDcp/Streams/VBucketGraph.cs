using ActorDcp.Client;
using ActorDcp.Telemetry;
using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace ActorDcp.Streams;

/// <summary>What a vbucket's graph is made of.</summary>
internal sealed record VBucketGraphParts
{
    /// <summary>The open stream. The graph takes from it and never closes it.</summary>
    public required IDcpBatchSource Source { get; init; }

    /// <summary>Epoch to stamp on batches.</summary>
    public required OwnershipEpoch Epoch { get; init; }

    /// <summary>The handler actor.</summary>
    public required IActorRef Handler { get; init; }

    /// <summary>The member's gate.</summary>
    public required HandOverGate Gate { get; init; }

    /// <summary>The vbucket's cursors.</summary>
    public required VBucketProgress Progress { get; init; }

    /// <summary>The member's instruments.</summary>
    public required ActorDcpMetrics Metrics { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How errors are met.</summary>
    public HandlerPolicy Policy { get; init; } = new();

    /// <summary>
    /// What a batch passes before it is handed over: rollback mitigation (holds it until it is persisted everywhere), at most once
    /// (stores the checkpoint first). It passes on the very batch it got, and has at most that one. Null for nothing.
    /// </summary>
    public IGraph<FlowShape<DcpBatch, DcpBatch>, NotUsed>? BeforeHandOver { get; init; }
}

/// <summary>
/// The running graph of one vbucket: stream, kill switch, what <see cref="VBucketGraphParts.BeforeHandOver"/> adds, hand-over gate
/// and handler, fused into one actor. At most one batch is out of the stream at any time. Thread-safe.
/// </summary>
internal sealed class VBucketGraph
{
    private readonly UniqueKillSwitch _switch;
    private readonly IHandlerStageControl _handling;

    private VBucketGraph(UniqueKillSwitch killSwitch, IHandlerStageControl handling, Task<StreamOutcome> completion)
    {
        _switch = killSwitch;
        _handling = handling;
        Completion = completion;
    }

    /// <summary>How the graph ended. Never faults.</summary>
    public Task<StreamOutcome> Completion { get; }

    /// <summary>Starts a graph.</summary>
    public static VBucketGraph Run(IMaterializer materializer, VBucketGraphParts parts)
    {
        var custody = new BatchCustody();
        // never disposed: a handler that outlives the graph may still hold its token
        var stopping = new CancellationTokenSource();
        parts.Progress.Attach(parts.Source);
        var batches = Source.FromGraph(new DcpBatchSourceStage(parts.Source, parts.Epoch, custody));
        if (parts.BeforeHandOver is { } before)
            batches = batches.Via(before);
        var ((ended, killSwitch), handling) = batches
            .ViaMaterialized(KillSwitches.Single<DcpBatch>(), Keep.Both)
            .ToMaterialized(Sink.FromGraph(new HandlerStage(parts, custody, stopping)), Keep.Both)
            .Run(materializer);
        return new VBucketGraph(killSwitch, handling, CompletionAsync(handling, ended));
    }

    /// <summary>
    /// Hands over nothing more, drops what waits, and awaits the batch in work until the deadline; then its handler is cancelled and,
    /// after the policy's grace, left alone. <see cref="Completion"/> says how it went.
    /// </summary>
    public Task<StreamOutcome> Drain(TimeSpan deadline)
    {
        _handling.Drain(deadline);
        _switch.Shutdown();
        return Completion;
    }

    /// <summary>Ends at once. A batch that the handler has is left to it, and to the GC.</summary>
    public void Abort() => _switch.Abort(new OperationCanceledException("the vbucket's graph was aborted"));

    private static async Task<StreamOutcome> CompletionAsync(IHandlerStageControl handling, Task<StreamEnding?> ended)
    {
        if (await handling.Outcome.ConfigureAwait(false) is { } outcome)
            return outcome;
        // upstream ended by itself, or the kill switch overtook the drain it belongs to
        return await ended.ConfigureAwait(false) is { } ending
            ? new StreamOutcome.SourceEnded(ending)
            : new StreamOutcome.GateShut(LeftInWork: false);
    }
}
