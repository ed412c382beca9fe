using ActorDcp.Dispatching;
using ActorDcp.Handlers;
using ActorDcp.Tests.Streams;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.Tests.Handlers;

// the README's handler, word for word
public sealed record Order(string Customer, decimal Total);

public sealed class AuditHandler(IAuditLog log) : DcpHandlerActor
{
    protected override async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        foreach (var change in batch)
        {
            if (change.IsMutation && change.ReadJson<Order>() is { Total: > 1000 } order)
                await log.WriteAsync(change.Seqno, order, stopping);
            batch.HandledThrough(change.Seqno); // after an error, what follows is tried again
        }
    }
}

public interface IAuditLog
{
    ValueTask WriteAsync(Seqno seqno, Order order, CancellationToken stopping);
}

public sealed class ReadmeHandlerTests
{
    private static readonly VBucketId VBucket = new(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_handler_of_the_README_gets_its_services_and_reads_documents()
    {
        var log = new RecordingLog();
        await using var services = new ServiceCollection().AddSingleton<IAuditLog>(log).BuildServiceProvider();
        var setup = ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(HandlerDispatcher.Configuration(1)), DependencyResolverSetup.Create(services));
        using var system = ActorSystem.Create("readme", setup);
        var handler = system.ActorOf(DcpHandlerProps.Of<AuditHandler>().For(system, new HandlerAssignment(VBucket, "orders", "m1")));
        var batch = TestBatches.Of(
            VBucket, OwnershipEpoch.None, FakeBatchSource.Uuid, null,
            [new SnapshotRun(0, new StreamSnapshot(new Seqno(1), new Seqno(2)))], [],
            TestBatches.Mutation(1) with { Value = """{"Customer":"a","Total":999}"""u8.ToArray() },
            TestBatches.Mutation(2) with { Value = """{"Customer":"b","Total":1001}"""u8.ToArray() });
        var ended = new TaskCompletionSource();
        var turn = new ActorDcp.Streams.BatchTurn(ended.SetResult, CancellationToken.None);
        turn.Begin(batch, 0);

        handler.Tell(turn);

        await ended.Task.WaitAsync(Deadline);
        Assert.Null(turn.Error);
        Assert.Equal([(new Seqno(2), new Order("b", 1001))], log.Written);
        await system.Terminate().WaitAsync(Deadline);
    }

    private sealed class RecordingLog : IAuditLog
    {
        public List<(Seqno Seqno, Order Order)> Written { get; } = [];

        public ValueTask WriteAsync(Seqno seqno, Order order, CancellationToken stopping)
        {
            Written.Add((seqno, order));
            return ValueTask.CompletedTask;
        }
    }
}
