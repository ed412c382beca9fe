using ActorDcp.Client;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using ActorDcp.Topology;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;
using static ActorDcp.Topology.TopologyProtocol;

namespace ActorDcp.Tests.Topology;

public sealed class TopologyActorTests(ITestOutputHelper output) : TestKit("akka.loglevel = OFF", output: output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private static readonly KvEndpoint Bootstrap = new("10.0.0.1", 11_210);
    private static readonly KvEndpoint Other = new("10.0.0.2", 11_211);

    private readonly FakeClusterMaps _maps = new();
    private readonly TestMeterFactory _meters = new();

    [Fact]
    public async Task An_older_map_never_wins()
    {
        _maps.Map = FakeClusterMaps.Of(5);
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        Assert.Equal(5, (await ExpectMsgAsync<MapChanged>(Deadline)).Map.Revision.Revision);

        topology.Tell(new Observed(FakeClusterMaps.Of(4)));
        topology.Tell(new Observed(FakeClusterMaps.Of(5)));
        topology.Tell(new Observed(FakeClusterMaps.Of(6)));

        Assert.Equal(6, (await ExpectMsgAsync<MapChanged>(Deadline)).Map.Revision.Revision);
    }

    [Theory]
    [InlineData(1, 9, false)]
    [InlineData(2, 5, false)]
    [InlineData(2, 4, false)]
    [InlineData(2, 6, true)]
    [InlineData(3, 1, true)]
    public async Task Of_two_maps_the_one_of_the_later_epoch_wins_whatever_the_revisions(int epoch, int revision, bool isNewer)
    {
        _maps.Map = FakeClusterMaps.Of(5, epoch: 2);
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        await ExpectMsgAsync<MapChanged>(Deadline);

        // as a push, as the body of a refusal, and as what a poll brought
        _maps.Sources[0].Push(FakeClusterMaps.Of(revision, epoch: epoch));
        topology.Tell(new Observed(FakeClusterMaps.Of(revision, epoch: epoch)));
        _maps.Map = FakeClusterMaps.Of(revision, epoch: epoch);
        topology.Tell(new Refresh());
        topology.Tell(new Observed(FakeClusterMaps.Of(1, epoch: 9)));

        var next = (await ExpectMsgAsync<MapChanged>(Deadline)).Map.Revision;
        Assert.Equal(isNewer ? (epoch, revision) : (9, 1), (next.Epoch, next.Revision));
    }

    [Fact]
    public async Task A_watcher_of_a_vbucket_is_told_where_it_is_and_only_when_it_moves()
    {
        var topology = Topology();
        topology.Tell(new WatchVBucket(new VBucketId(0)), TestActor);
        Assert.Equal(new KvEndpoint("10.0.0.1", 11_210), (await ExpectMsgAsync<ActiveNode>(Deadline)).Node);

        topology.Tell(new Observed(FakeClusterMaps.Of(2, second: 11_299)));
        await ExpectNoMsgAsync(Quiet);
        topology.Tell(new Observed(FakeClusterMaps.Of(3, first: 11_298)));

        Assert.Equal(new KvEndpoint("10.0.0.1", 11_298), (await ExpectMsgAsync<ActiveNode>(Deadline)).Node);
    }

    [Fact]
    public async Task Who_unwatched_is_told_no_more()
    {
        var topology = Topology();
        topology.Tell(new WatchVBucket(new VBucketId(0)), TestActor);
        await ExpectMsgAsync<ActiveNode>(Deadline);

        topology.Tell(new UnwatchVBucket(new VBucketId(0)), TestActor);
        topology.Tell(new Observed(FakeClusterMaps.Of(3, first: 11_298)));

        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task A_pushed_map_reaches_the_watchers()
    {
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        await ExpectMsgAsync<MapChanged>(Deadline);

        _maps.Sources[0].Push(FakeClusterMaps.Of(9));

        Assert.Equal(9, (await ExpectMsgAsync<MapChanged>(Deadline)).Map.Revision.Revision);
    }

    [Fact]
    public async Task When_the_source_ends_another_node_of_the_map_is_asked()
    {
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        await ExpectMsgAsync<MapChanged>(Deadline);
        _maps.Refusals[Bootstrap] = new KvConnectionException("down");
        _maps.Map = FakeClusterMaps.Of(7);

        _maps.Sources[0].End();

        Assert.Equal(7, (await ExpectMsgAsync<MapChanged>(Deadline)).Map.Revision.Revision);
        Assert.Contains(Other, _maps.Asked);
    }

    [Fact]
    public async Task A_node_that_is_away_can_come_back_and_a_wrong_password_cannot()
    {
        _maps.Refusals[Bootstrap] = new KvConnectionException("down");
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        Assert.True((await ExpectMsgAsync<BootstrapFailed>(Deadline)).CanRecover);

        _maps.Refusals[Bootstrap] = new KvConfigurationException("wrong password");

        await FishForMessageAsync<BootstrapFailed>(failed => !failed.CanRecover, Deadline);
    }

    [Fact]
    public async Task The_map_of_a_bucket_made_anew_is_not_followed()
    {
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        await ExpectMsgAsync<MapChanged>(Deadline);

        topology.Tell(new Observed(FakeClusterMaps.Of(50, uuid: "bb")));
        topology.Tell(new Observed(FakeClusterMaps.Of(51)));

        Assert.Equal("aa", (await ExpectMsgAsync<MapChanged>(Deadline)).Map.BucketUuid);
    }

    [Theory]
    [InlineData("auto", "10.0.0.1", "10.0.0.2:11211")]
    [InlineData("auto", "gate.example.com", "b.example.com:31211")]
    [InlineData("default", "gate.example.com", "10.0.0.2:11211")]
    [InlineData("external", "10.0.0.1", "b.example.com:31211")]
    [InlineData("vpc", "10.0.0.1", null)]
    public async Task Nodes_are_reached_on_the_network_that_was_asked_for_or_that_the_first_address_belongs_to(
        string network, string bootstrap, string? expected)
    {
        _maps.Map = FakeClusterMaps.WithAlternates(1);
        var topology = Topology(new KvEndpoint(bootstrap, 11_210), network);

        topology.Tell(new WatchVBucket(new VBucketId(1)), TestActor);
        Assert.Equal(expected, (await ExpectMsgAsync<ActiveNode>(Deadline)).Node?.ToString());

        // decided once: a later map does not change it
        topology.Tell(new UnwatchVBucket(new VBucketId(1)), TestActor);
        topology.Tell(new Observed(FakeClusterMaps.WithAlternates(2)));
        topology.Tell(new WatchVBucket(new VBucketId(1)), TestActor);
        Assert.Equal(expected, (await ExpectMsgAsync<ActiveNode>(Deadline)).Node?.ToString());
    }

    [Fact]
    public async Task A_node_is_asked_for_what_is_newer_than_we_know()
    {
        var topology = Topology();
        topology.Tell(new WatchMap(), TestActor);
        await ExpectMsgAsync<MapChanged>(Deadline);
        _maps.Map = FakeClusterMaps.Of(2);

        topology.Tell(new Refresh());

        Assert.Equal(2, (await ExpectMsgAsync<MapChanged>(Deadline)).Map.Revision.Revision);
        Assert.Equal(FakeClusterMaps.Of(1).Revision, _maps.Known);
    }

    [Fact]
    public async Task A_wrong_answer_over_http_is_no_last_word_while_the_data_service_is_only_away()
    {
        var http = new KvEndpoint("10.0.0.1", 18_091);
        _maps.Refusals[Bootstrap] = new KvConnectionException("down");
        _maps.Refusals[http] = new KvConfigurationException("not a Couchbase node");
        var topology = Topology(
            new BootstrapSeed(Bootstrap, CouchbaseService.Data), new BootstrapSeed(http, CouchbaseService.Management));
        topology.Tell(new WatchMap(), TestActor);
        await AwaitAssertAsync(() => Assert.Contains(http, _maps.Asked), Deadline);
        _maps.Refusals.TryRemove(Bootstrap, out _);

        for (var message = await ExpectMsgAsync<object>(Deadline); message is not MapChanged; message = await ExpectMsgAsync<object>(Deadline))
            Assert.True(Assert.IsType<BootstrapFailed>(message).CanRecover);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _meters.Dispose();
    }

    private IActorRef Topology() => Topology(Bootstrap, "auto");

    private IActorRef Topology(KvEndpoint bootstrap, string network) => Topology(network, new BootstrapSeed(bootstrap, CouchbaseService.Data));

    private IActorRef Topology(params BootstrapSeed[] seeds) => Topology("auto", seeds);

    private IActorRef Topology(string network, params IReadOnlyList<BootstrapSeed> seeds)
    {
        var settings = new TopologySettings
        {
            Bucket = "default",
            Bootstrap = _ => Task.FromResult(seeds),
            Network = network,
            Connect = _maps.ConnectAsync,
            Retries = new RetrySchedule(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30)),
            Time = TimeProvider.System,
            Metrics = new ActorDcpMetrics(_meters),
            PollInterval = TimeSpan.FromHours(1),
        };
        return Sys.ActorOf(Props.Create(() => new TopologyActor(settings)));
    }
}
