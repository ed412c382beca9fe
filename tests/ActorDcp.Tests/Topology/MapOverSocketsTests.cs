using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using ActorDcp.Client;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using ActorDcp.Topology;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;
using static ActorDcp.Topology.TopologyProtocol;

namespace ActorDcp.Tests.Topology;

/// <summary>Each way in which a cluster map and its changes reach a member, from a real node over real sockets (dcp-reference.md 2.5 to 2.8).</summary>
public sealed class MapOverSocketsTests(ITestOutputHelper output) : TestKit("akka.loglevel = OFF", output: output)
{
    private const int VBuckets = 5;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);
    private static readonly VBucketId Moving = new(3);

    private readonly TestMeterFactory _meters = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp-maps-");

    public enum Pushes
    {
        Brief,
        Full,
        None,
    }

    [Theory]
    [InlineData(Pushes.Brief)]
    [InlineData(Pushes.Full)]
    [InlineData(Pushes.None)]
    public async Task A_data_node_tells_of_a_new_map_by_the_pushes_that_it_grants_or_when_it_is_asked(Pushes granted)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets));
        var seen = new ConcurrentQueue<Pushes>();
        await using var relay = new FrameRelay(
            producer.Endpoint.Port, frame => [OnlyAsking(frame, granted)],
            (_, frame) =>
            {
                if (FrameRelay.Magic(frame) == (byte)Magic.ServerRequest)
                    seen.Enqueue(Frame.Read(frame).Value.IsEmpty ? Pushes.Brief : Pushes.Full);
                return [frame];
            });
        var seed = new BootstrapSeed(new KvEndpoint("127.0.0.1", relay.Port), CouchbaseService.Data);

        await ChangesArriveAsync(producer, seed, tls: null, granted == Pushes.None ? Soon : Never);

        Assert.Equal(granted == Pushes.None ? [] : [granted], seen.Distinct());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_management_service_streams_each_new_map(bool isTls)
    {
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var certificate = SelfSignedCertificate.Create(authority);
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets).With(options => options with
        {
            HttpPort = 0,
            HttpsPort = 0,
            TlsCertificate = certificate,
        }));
        var port = (isTls ? producer.HttpsEndpoint : producer.HttpEndpoint)!.Port;

        await ChangesArriveAsync(
            producer, new BootstrapSeed(new KvEndpoint("127.0.0.1", port), CouchbaseService.Management), isTls ? Trusting(authority) : null, Never);
    }

    [Fact]
    public async Task A_management_service_tells_the_map_that_a_data_node_does_not_have()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets).With(options => options with { HttpPort = 0 }));
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [WithoutMap(frame)]);
        IReadOnlyList<BootstrapSeed> seeds =
        [
            new(new KvEndpoint("127.0.0.1", relay.Port), CouchbaseService.Data),
            new(new KvEndpoint("127.0.0.1", producer.HttpEndpoint!.Port), CouchbaseService.Management),
        ];

        Start(seeds, tls: null, Never).Tell(new WatchMap(), TestActor);

        var failed = await ExpectMsgAsync<BootstrapFailed>(Deadline);
        Assert.True(failed.CanRecover);
        Assert.Contains("no cluster map yet", failed.Cause.Message, StringComparison.Ordinal);
        Assert.Equal(VBuckets, (await FishForMessageAsync<MapChanged>(_ => true, Deadline)).Map.VBucketCount);
    }

    [Fact]
    public async Task A_management_service_whose_certificate_is_of_another_authority_is_refused_for_good()
    {
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var other = SelfSignedCertificate.CreateAuthority();
        using var certificate = SelfSignedCertificate.Create(authority);
        await using var producer = await EmbeddedProducer.StartAsync(
            o => o.VBuckets(VBuckets).With(options => options with { HttpsPort = 0, TlsCertificate = certificate }));
        var seed = new BootstrapSeed(new KvEndpoint("127.0.0.1", producer.HttpsEndpoint!.Port), CouchbaseService.Management);

        Start(seed, Trusting(other), Never).Tell(new WatchMap(), TestActor);

        var failed = await ExpectMsgAsync<BootstrapFailed>(Deadline);
        Assert.False(failed.CanRecover);
        Assert.Equal("Tls", Assert.IsType<KvConfigurationException>(failed.Cause).Setting);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _meters.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>A vbucket goes and comes back, and a watcher hears of both.</summary>
    private async Task ChangesArriveAsync(EmbeddedProducer producer, BootstrapSeed seed, KvTlsOptions? tls, TimeSpan poll)
    {
        var topology = Start(seed, tls, poll);
        topology.Tell(new WatchVBucket(Moving), TestActor);
        var first = await ExpectMsgAsync<ActiveNode>(Deadline);
        Assert.NotNull(first.Node);

        producer.SetState(Moving, VBucketState.Dead);
        Assert.Null((await ExpectMsgAsync<ActiveNode>(Deadline)).Node);
        producer.SetState(Moving, VBucketState.Active);
        Assert.Equal(first.Node, (await ExpectMsgAsync<ActiveNode>(Deadline)).Node);

        topology.Tell(new WatchMap(), TestActor);
        Assert.Equal(VBuckets, (await ExpectMsgAsync<MapChanged>(Deadline)).Map.VBucketCount);
        Watch(topology);
        topology.Tell(PoisonPill.Instance);
        await ExpectTerminatedAsync(topology, Deadline);
    }

    private IActorRef Start(BootstrapSeed seed, KvTlsOptions? tls, TimeSpan poll) => Start([seed], tls, poll);

    private IActorRef Start(IReadOnlyList<BootstrapSeed> seeds, KvTlsOptions? tls, TimeSpan poll)
    {
        KvConnectionOptions Options(KvEndpoint endpoint) => new()
        {
            Endpoint = endpoint,
            Bucket = "default",
            Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
            Tls = tls,
        };
        var settings = new TopologySettings
        {
            Bucket = "default",
            Bootstrap = _ => Task.FromResult(seeds),
            Connect = ClusterMapSources.Connector(Options, TimeProvider.System, NullLogger.Instance),
            Retries = new RetrySchedule(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30)),
            Time = TimeProvider.System,
            Metrics = new ActorDcpMetrics(_meters),
            PollInterval = poll,
            Tls = tls is not null,
        };
        return Sys.ActorOf(Props.Create(() => new TopologyActor(settings)));
    }

    private KvTlsOptions Trusting(X509Certificate2 authority)
    {
        var file = Path.Combine(_folder.FullName, $"{authority.Thumbprint}.pem");
        File.WriteAllText(file, authority.ExportCertificatePem());
        return new KvTlsOptions { AuthorityFile = file };
    }

    /// <summary>KEY_ENOENT for the cluster map; any other frame as it is.</summary>
    private static byte[] WithoutMap(byte[] bytes)
    {
        if (FrameRelay.Magic(bytes) != (byte)Magic.Response || FrameRelay.Opcode(bytes) != (byte)Opcode.GetClusterConfig)
            return bytes;
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(output, Opcode.GetClusterConfig, Protocol.Status.KeyNotFound, FrameHeader.Read(bytes).Opaque);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A client's HELO without the pushes that this node shall not grant; any other frame as it is.</summary>
    private static byte[] OnlyAsking(byte[] bytes, Pushes granted)
    {
        if (FrameRelay.Magic(bytes) != (byte)Magic.Request || FrameRelay.Opcode(bytes) != (byte)Opcode.Helo || granted == Pushes.Brief)
            return bytes;
        var frame = Frame.Read(bytes);
        var features = new List<byte>();
        for (var i = 0; i < frame.Value.Length; i += 2)
        {
            var feature = (HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(frame.Value[i..]);
            if (feature == HelloFeature.ClustermapChangeNotificationBrief
                || (granted == Pushes.None && feature == HelloFeature.ClustermapChangeNotification))
                continue;
            features.AddRange(frame.Value.Slice(i, 2));
        }
        byte[] changed = [.. bytes[..^frame.Value.Length], .. features];
        BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(8), changed.Length - FrameHeader.Size);
        return changed;
    }
}
