using System.Collections.Concurrent;
using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Dispatching;
using ActorDcp.Group;
using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.Producer;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Persistence;
using ActorDcp.Tests.Streams;
using ActorDcp.Topology;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace ActorDcp.Tests.VBuckets;

/// <summary>
/// The actors of one member without a cluster of others: real topology, connections, offset writer and vbucket actors over a real
/// producer, an offset table and a journal in memory.
/// </summary>
public abstract class VBucketActorTestBase : TestKit, IAsyncLifetime
{
    private protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private protected static readonly VBucketId VBucket = new(1);

    private readonly TestMeterFactory _meters = new();

    protected VBucketActorTestBase(ITestOutputHelper output)
        : base(HandlerDispatcher.Configuration(4).WithFallback(ConfigurationFactory.ParseString("""
            akka.loglevel = OFF
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp.hostname = "127.0.0.1"
            akka.remote.dot-netty.tcp.port = 0
            akka.persistence.journal.plugin = "gated-journal"
            gated-journal {
              class = "ActorDcp.Tests.VBuckets.GatedJournal, ActorDcp.Tests"
              plugin-dispatcher = "akka.actor.default-dispatcher"
            }
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            """)), output: output)
    {
        Metrics = new ActorDcpMetrics(_meters);
        Region = CreateTestProbe();
    }

    private protected ActorDcpMetrics Metrics { get; }

    /// <summary>What recoveries of the journal wait for.</summary>
    private protected RecoveryGate Recoveries => RecoveryGate.Of(Sys);

    private protected TestProbe Region { get; }

    private protected FakeOffsetStore Store { get; } = new();

    private protected EmbeddedProducer Producer { get; private set; } = null!;

    private protected GroupContext Group { get; private set; } = null!;

    /// <summary>What handlers were given: epoch and seqno.</summary>
    private protected ConcurrentQueue<(long Epoch, ulong Seqno)> Delivered { get; } = new();

    private protected ConcurrentQueue<RolledBack> RolledBack { get; } = new();

    /// <summary>What a handler does with a batch.</summary>
    private protected Func<DcpBatch, ValueTask> Handling { get; set; } = _ => ValueTask.CompletedTask;

    /// <summary>What a handler does when it is told of a rollback.</summary>
    private protected Func<CancellationToken, Task> Undoing { get; set; } = _ => Task.CompletedTask;

    private protected HandlerPolicy Policy { get; set; } = new()
    {
        Retries = 1,
        MinBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(2),
        StoppingGrace = TimeSpan.FromMilliseconds(50),
    };

    public async Task InitializeAsync()
    {
        Producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, KeepHistory = true });
        Group = await BuildAsync();
    }

    public async Task DisposeAsync()
    {
        await Producer.DisposeAsync();
        _meters.Dispose();
    }

    private protected void Write(int count)
    {
        for (var i = 0; i < count; i++)
            Producer.Bucket.Set(VBucket, Guid.NewGuid().ToString("n"), "{}"u8);
    }

    private protected IActorRef Start() => Sys.ActorOf(Props.Create(() => new VBucketActor(VBucket, Group)));

    private protected VBucketRow? Row => Group.Board.Rows.SingleOrDefault(row => row.VBucket == VBucket);

    private protected IReadOnlyList<ulong> Seqnos => [.. Delivered.Select(change => change.Seqno)];

    private protected Task Until(Func<bool> condition) =>
        AwaitConditionAsync(() => Task.FromResult(condition()), Deadline, TimeSpan.FromMilliseconds(5));

    private protected Task UntilHandled(ulong seqno) => Until(() => Row?.Progress?.Handled.Seqno == new Seqno(seqno));

    private protected Task UntilPhase(VBucketPhase phase) => Until(() => Row?.Phase == phase);

    /// <summary>Streams that are open on the member's connection.</summary>
    private protected int OpenStreams => Group.ConnectionBoard.Entries.Sum(entry => entry.Value.Connection?.Statistics.Streams ?? 0);

    private async Task<GroupContext> BuildAsync()
    {
        var node = new KvEndpoint("127.0.0.1", Producer.Endpoint.Port);
        var kv = new KvConnectionOptions
        {
            Endpoint = node,
            Bucket = "default",
            Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
        };
        var retries = new RetrySchedule(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30));
        var topologySettings = new TopologySettings
        {
            Bucket = "default",
            Bootstrap = _ => Task.FromResult(CouchbaseAddress.Parse(Producer.ConnectionString).Seeds(tls: false)),
            Connect = ClusterMapSources.Connector(endpoint => kv with { Endpoint = endpoint }, TimeProvider.System, NullLogger.Instance),
            Retries = retries,
            Time = TimeProvider.System,
            Metrics = Metrics,
        };
        var topology = Sys.ActorOf(Props.Create(() => new TopologyActor(topologySettings)));
        var watcher = CreateTestProbe();
        topology.Tell(new TopologyProtocol.WatchMap(), watcher);
        var map = (await watcher.ExpectMsgAsync<TopologyProtocol.MapChanged>(Deadline)).Map;
        var gate = new HandOverGate(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11), TimeProvider.System);
        var key = new GroupKey("audit", map.BucketUuid!);
        var writerSettings = new OffsetWriterSettings(key, "member", TimeSpan.FromHours(1), TimeSpan.FromHours(2), new DeliveryHold(gate));
        var connectionSettings = new ConnectionSettings
        {
            OptionsFor = endpoint => new DcpConnectionOptions
            {
                Kv = kv with { Endpoint = endpoint },
                Name = Guid.NewGuid().ToString("n"),
            },
            Topology = topology,
            BucketUuid = map.BucketUuid!,
            HighSeqnos = new HighSeqnos(map.VBucketCount),
            Board = new ConnectionBoard(),
            Logger = NullLogger.Instance,
            Time = TimeProvider.System,
            Retries = retries,
        };
        return new GroupContext
        {
            Settings = new GroupSettings
            {
                Group = "audit",
                Member = "member",
                Bucket = "default",
                Address = CouchbaseAddress.Parse(Producer.ConnectionString),
                Connection = connectionSettings.OptionsFor,
                Retries = retries,
                Policy = Policy,
                DrainTimeout = TimeSpan.FromSeconds(5),
            },
            Key = key,
            VBuckets = map.VBucketCount,
            Topology = topology,
            Connections = Sys.ActorOf(Props.Create(() => new KvConnectionsActor(
                endpoint => Props.Create(() => new KvConnectionActor(endpoint, connectionSettings, Metrics))))),
            OffsetWriter = Sys.ActorOf(Props.Create(() => new OffsetWriterActor(Store, writerSettings, Metrics, TimeProvider.System))),
            Region = Region,
            Gate = gate,
            HighSeqnos = connectionSettings.HighSeqnos,
            Board = new VBucketBoard(),
            ConnectionBoard = connectionSettings.Board,
            Handler = DcpHandlerProps.FromHandler(_ => new Handler(this)),
            Materializer = Sys.Materializer(),
            Metrics = Metrics,
            Time = TimeProvider.System,
        };
    }

    private sealed class Handler(VBucketActorTestBase test) : IDcpHandler
    {
        public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            await test.Handling(batch);
            foreach (var change in batch)
                test.Delivered.Enqueue((batch.Epoch.Value, change.Seqno.Value));
        }

        public async ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
        {
            test.RolledBack.Enqueue(rollback);
            await test.Undoing(stopping);
        }
    }
}
