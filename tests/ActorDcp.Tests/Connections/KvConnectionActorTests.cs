using System.Globalization;
using System.Text.RegularExpressions;
using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Producer;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Connections;

/// <summary>The life of one connection to a real node.</summary>
public sealed partial class KvConnectionActorTests : TestKit
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TestMeterFactory _meters = new();
    private readonly ShiftedTime _time = new();

    public KvConnectionActorTests(ITestOutputHelper output)
        : base("akka.loglevel = WARNING", output: output) => Sys.EventStream.Subscribe(TestActor, typeof(Warning));

    [Fact]
    public async Task Waits_between_connects_grow_and_begin_anew_after_a_stable_while()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        var board = Connect(producer);
        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
            waits.Add(await DropAsync(producer, board));

        // 100 ms doubled four times, a fifth more or less
        Assert.InRange(waits[0], 0.1 * 0.75, 0.1 * 1.25);
        Assert.InRange(waits[4], 1.6 * 0.75, 1.6 * 1.25);
        await OpenAsync(board);
        _time.Shift(TimeSpan.FromSeconds(31));

        Assert.InRange(await DropAsync(producer, board), 0.1 * 0.75, 0.1 * 1.25);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _meters.Dispose();
    }

    private ConnectionBoard Connect(EmbeddedProducer producer)
    {
        var node = new KvEndpoint("127.0.0.1", producer.Endpoint.Port);
        var board = new ConnectionBoard();
        var settings = new ConnectionSettings
        {
            OptionsFor = endpoint => new DcpConnectionOptions
            {
                Kv = new KvConnectionOptions
                {
                    Endpoint = endpoint,
                    Bucket = "default",
                    Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
                },
                Name = Guid.NewGuid().ToString("n"),
            },
            Topology = ActorRefs.Nobody,
            BucketUuid = producer.Bucket.Uuid,
            HighSeqnos = new HighSeqnos(1),
            Board = board,
            Logger = NullLogger.Instance,
            Time = _time,
            Retries = new RetrySchedule(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)),
        };
        var metrics = new ActorDcpMetrics(_meters);
        Sys.ActorOf(Props.Create(() => new KvConnectionActor(node, settings, metrics)));
        return board;
    }

    /// <summary>Cuts the connection once it is there, and reads in the log how long the next is waited for.</summary>
    private async Task<double> DropAsync(EmbeddedProducer producer, ConnectionBoard board)
    {
        await OpenAsync(board);
        producer.DropConnections();
        while (true)
        {
            var warning = await ExpectMsgAsync<Warning>(Deadline);
            if (NextTry().Match($"{warning.Message}") is { Success: true } match)
                return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        }
    }

    private Task OpenAsync(ConnectionBoard board) => AwaitConditionAsync(
        () => Task.FromResult(board.Entries.Any(entry => entry.Value.Connection is { Completion.IsCompleted: false })), Deadline, TimeSpan.FromMilliseconds(5));

    [GeneratedRegex(@"next try in ([\d.]+) s")]
    private static partial Regex NextTry();

    private sealed class ShiftedTime : TimeProvider
    {
        private long _shift;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _shift));

        public void Shift(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
    }
}
