using System.Buffers.Binary;
using System.Collections.Concurrent;
using ActorDcp.Client;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Mitigation;
using ActorDcp.Producer;
using ActorDcp.Protocol;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using ActorDcp.Topology;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;
using static ActorDcp.Mitigation.MitigationProtocol;

namespace ActorDcp.Tests.Mitigation;

/// <summary>What rollback mitigation asks of a node, counted on the wire, while its intervals pass as the test says.</summary>
public sealed class RollbackMitigationActorTests(ITestOutputHelper output)
    : TestKit("""akka { loglevel = OFF, scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit" }""", output: output), IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly VBucketId Zero = new(0);
    private static readonly VBucketId Two = new(2);
    private static readonly VBucketId Three = new(3);

    private readonly ConcurrentQueue<VBucketId> _asked = new();
    private readonly ConcurrentQueue<(VBucketId VBucket, HoldVerdict Verdict)> _verdicts = new();
    private readonly PersistedFrontiers _frontiers = new(4);
    private readonly TestMeterFactory _meters = new();
    private EmbeddedProducer _producer = null!;
    private FrameRelay _relay = null!;
    private TopologyProtocol.MapChanged _map = null!;
    private int _advances;

    private KvConnectionOptions Connection => new()
    {
        Endpoint = new KvEndpoint("127.0.0.1", _relay.Port),
        Bucket = "default",
        Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
    };

    public async Task InitializeAsync()
    {
        _producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        _relay = new FrameRelay(_producer.Endpoint.Port, toProducer: frame =>
        {
            if (FrameRelay.Opcode(frame) == (byte)Opcode.ObserveSeqno)
                _asked.Enqueue(new VBucketId(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(6))));
            return [frame];
        });
        await using var connection = await KvConnection.OpenAsync(Connection, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var map = await connection.GetClusterMapAsync(null, CancellationToken.None);
        _map = new TopologyProtocol.MapChanged(map!, new NodeReach("default", Tls: false));
    }

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _producer.DisposeAsync();
        _meters.Dispose();
    }

    [Fact]
    public async Task Only_vbuckets_that_hold_something_are_asked_about_once_an_interval_by_one_poll()
    {
        var mitigation = Start();
        Hold(mitigation, Zero, 10);
        await PolledAsync(Zero, 1);
        Hold(mitigation, Two, 10);

        await PolledAsync(Two, 4);

        Assert.Equal([Zero, Two], _asked.Distinct().Order());
        // the first poll was for one alone; then both go together, never more often than the clock said
        Assert.InRange(Asked(Zero) - Asked(Two), 0, 2);
        Assert.InRange(Asked(Zero), 4, 1 + _advances);
    }

    [Fact]
    public async Task What_every_copy_has_is_let_go_and_asked_about_no_more()
    {
        var mitigation = Start();
        Hold(mitigation, Zero, 2);
        await PolledAsync(Zero, 2);
        Assert.Empty(_verdicts);
        _producer.Bucket.Set(Zero, "a", "{}"u8);
        _producer.Bucket.Set(Zero, "b", "{}"u8);
        await _producer.Bucket.FlushAsync();

        await AdvanceUntilAsync(() => !_verdicts.IsEmpty);

        Assert.Equal([(Zero, HoldVerdict.Persisted)], _verdicts);
        Assert.True(_frontiers.Covers(Zero, Uuid(Zero), new Seqno(2)));
        var before = Asked(Zero);
        Hold(mitigation, Three, 1);
        await PolledAsync(Three, 3);
        Assert.Equal(before, Asked(Zero));
    }

    [Fact]
    public async Task What_was_forgotten_is_asked_about_no_more()
    {
        var mitigation = Start();
        var holder = Hold(mitigation, Zero, 2);
        await PolledAsync(Zero, 2);

        mitigation.Tell(new Forget(Zero, holder));
        Hold(mitigation, Three, 1);
        await PolledAsync(Three, 1);
        var before = Asked(Zero);
        await PolledAsync(Three, 4);

        Assert.Equal(before, Asked(Zero));
        Assert.Empty(_verdicts);
    }

    [Fact]
    public async Task A_new_map_clears_what_is_known_and_what_is_held_is_asked_about_anew()
    {
        var mitigation = Start();
        _frontiers.Set(Two, Uuid(Two), new Seqno(7));
        Hold(mitigation, Zero, 2);
        await PolledAsync(Zero, 2);

        mitigation.Tell(_map);
        await PolledAsync(Zero, Asked(Zero) + 2);

        Assert.False(_frontiers.Covers(Two, Uuid(Two), new Seqno(1)));
        Assert.Empty(_verdicts);
    }

    [Fact]
    public async Task A_branch_that_the_copies_left_ends_what_is_held()
    {
        var mitigation = Start();
        var old = Uuid(Zero);
        _producer.Bucket.Set(Zero, "a", "{}"u8);
        await _producer.Bucket.FlushAsync();
        Hold(mitigation, Zero, 2);
        await PolledAsync(Zero, 2);

        _producer.Failover(Zero, new Seqno(1));
        await AdvanceUntilAsync(() => !_verdicts.IsEmpty);

        Assert.NotEqual(old, Uuid(Zero));
        Assert.Equal([(Zero, HoldVerdict.OtherBranch)], _verdicts);
    }

    private IActorRef Start()
    {
        var settings = new MitigationSettings
        {
            Interval = Interval,
            Topology = CreateTestProbe(),
            Connection = _ => Connection,
            Retries = new RetrySchedule(Interval, Interval, TimeSpan.FromSeconds(30)),
            Time = TimeProvider.System,
            Metrics = new ActorDcpMetrics(_meters),
            Logger = NullLogger.Instance,
        };
        var frontiers = _frontiers;
        var mitigation = Sys.ActorOf(Props.Create(() => new RollbackMitigationActor(settings, frontiers)));
        mitigation.Tell(_map);
        return mitigation;
    }

    private object Hold(IActorRef mitigation, VBucketId vbucket, ulong seqno)
    {
        var holder = new object();
        mitigation.Tell(new Hold(vbucket, Uuid(vbucket), new Seqno(seqno), holder, verdict => _verdicts.Enqueue((vbucket, verdict))));
        return holder;
    }

    private VBucketUuid Uuid(VBucketId vbucket) => _producer.Bucket.FailoverLog(vbucket).NewestUuid;

    private int Asked(VBucketId vbucket) => _asked.Count(asked => asked == vbucket);

    private Task PolledAsync(VBucketId vbucket, int times) => AdvanceUntilAsync(() => Asked(vbucket) >= times);

    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            if (condition())
                return true;
            _advances++;
            ((TestScheduler)Sys.Scheduler).Advance(Interval);
            return false;
        },
        () => $"asked about {string.Join(", ", _asked)}",
        every: TimeSpan.FromMilliseconds(10));
}
