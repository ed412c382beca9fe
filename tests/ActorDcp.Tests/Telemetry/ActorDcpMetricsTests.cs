using ActorDcp.Handlers;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.Tests.Streams;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Telemetry;

public sealed class ActorDcpMetricsTests : StreamTestBase
{
    private readonly MeterSums _sums;

    public ActorDcpMetricsTests(ITestOutputHelper output)
        : base(output) => _sums = new MeterSums(Meters);

    [Fact]
    public async Task Instruments_are_touched_once_a_batch()
    {
        Run(
            Handler((call, _, _) => call == 1 ? throw new InvalidOperationException("no") : ValueTask.CompletedTask),
            Quick with { OnError = HandlerErrorAction.Skip });
        Stream.Offer(1, 2, 3);
        await UntilHandled(3);
        await Until(() => Stream.Leases[0].Ended == 1);

        Assert.Equal(3, _sums["actordcp.events"]);
        Assert.Equal(3 * TestBatches.WireBytesAnEvent, _sums["actordcp.bytes"]);
        Assert.Equal(1, _sums["actordcp.handler.failures"]);
        Assert.Equal(1, _sums["actordcp.handler.retries"]);
        Assert.Equal(0, _sums["actordcp.handler.skips"]);
        Assert.True(_sums["actordcp.handler.duration"] > 0);
    }

    [Fact]
    public void Lag_is_that_of_the_vbuckets_being_watched()
    {
        var behind = new VBucketProgress(new VBucketId(1), Epoch, StreamOffset.Beginning, TimeProvider.System);
        var further = new VBucketProgress(new VBucketId(2), Epoch, StreamOffset.Beginning, TimeProvider.System);
        behind.ReportHigh(new Seqno(10));
        further.ReportHigh(new Seqno(25));
        using (Metrics.Watch(behind))
        using (Metrics.Watch(further))
        {
            _sums.Collect();
            Assert.Equal(35, _sums["actordcp.lag"]);
            Assert.Equal(25, _sums["actordcp.lag.max"]);
            Assert.Equal(2, _sums["actordcp.vbuckets"]);
        }
        _sums.Collect();
        Assert.Equal(0, _sums["actordcp.lag"]);
        Assert.Equal(0, _sums["actordcp.vbuckets"]);
    }

    [Fact]
    public void Levels_of_connections_name_their_node()
    {
        using (Metrics.Watch(new Levels("a:11210", 1000, 400, 30, 2)))
        using (Metrics.Watch(new Levels("b:11210", 1000, 0, 0, 0)))
        {
            _sums.Collect();
        }

        Assert.Equal(400, _sums["actordcp.connection.unacknowledged{node=a:11210}"]);
        Assert.Equal(0, _sums["actordcp.connection.unacknowledged{node=b:11210}"]);
        Assert.Equal(1000, _sums["actordcp.connection.window{node=a:11210}"]);
        Assert.Equal(30, _sums["actordcp.connection.parked{node=a:11210}"]);
        Assert.Equal(2, _sums["actordcp.connection.pinned{node=a:11210}"]);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _sums.Dispose();
    }

    private sealed record Levels(string Node, long Window, long Unacknowledged, long Parked, long Pinned) : IConnectionLevels;
}
