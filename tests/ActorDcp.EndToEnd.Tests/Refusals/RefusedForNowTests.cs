using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Refusals;

/// <summary>What passes by itself is asked again until it has passed, is counted, and costs nothing else.</summary>
public sealed class RefusedForNowTests
{
    private const int VBuckets = 17;

    /// <summary>How often each status is answered: each vbucket meets about as many.</summary>
    private const int Times = 2;

    /// <summary>One that the reference does not know, and the node's error map calls to be tried again later.</summary>
    private const Status NoCollectionsManifest = (Status)0x89;

    /// <summary>Last those that end the connection, so that no other answer is lost with it.</summary>
    private static readonly Status[] Statuses =
    [
        Status.BucketPaused, Status.NotInitialized, Status.TemporaryFailure, Status.Busy, Status.OutOfMemory, Status.WouldThrottle,
        Status.RateLimitedNetworkIngress, Status.RateLimitedNetworkEgress, Status.RateLimitedMaxCommands, Status.RateLimitedMaxConnections,
        Status.NotMyVBucket, Status.ConfigOnly, Status.KeyExists, Status.InternalError, Status.SyncWriteInProgress, NoCollectionsManifest, Status.AuthStale,
        Status.NoBucket,
    ];

    [Fact]
    public async Task A_member_asks_for_its_streams_until_they_are_granted()
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        Refuse(producer);

        await using var member = await TestMember.StartAsync(producer, folder.Path);
        await member.CaughtUpAsync(producer);

        Assert.Equal(0, producer.Nodes[0].Faults.Report.AnswersLeft);
        // what takes the connection back is counted as its end
        Assert.All(Statuses[..^2], status => Assert.Equal((status, Times), (status, member.Metrics.Total("actordcp.refusals", $"status={status}"))));
        Assert.True(member.Metrics.Total("actordcp.retries", "of=Stream") >= Times * (Statuses.Length - 2));
    }

    [Theory]
    [InlineData(Status.BucketPaused, Opcode.DcpOpen)]
    [InlineData(Status.NotInitialized, Opcode.DcpOpen)]
    [InlineData(Status.TemporaryFailure, Opcode.DcpControl)]
    [InlineData(Status.RateLimitedMaxConnections, Opcode.DcpOpen)]
    [InlineData(Status.AuthStale, Opcode.GetAllVBucketSeqnos)]
    [InlineData(NoCollectionsManifest, Opcode.DcpOpen)]
    public async Task A_member_connects_until_it_is_let_in(Status status, Opcode opcode)
    {
        using var folder = new TestFolder();
        await using var producer = await StartAsync();
        producer.AnswerNext(status, 4, opcode);

        await using var member = await TestMember.StartAsync(producer, folder.Path);
        await member.CaughtUpAsync(producer);

        await Eventually.TrueAsync(() => producer.Nodes[0].Faults.Report.AnswersLeft == 0, () => "refusals are left");
        if (opcode is Opcode.DcpOpen or Opcode.DcpControl)
            Assert.Equal(4, member.Metrics.Total("actordcp.refusals", $"status={status}"));
    }

    [Fact]
    public async Task What_a_node_has_on_disk_is_asked_until_it_is_told()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets).KeepHistory().Data(folder.File("bucket")));
        const int refusals = 12;
        producer.AnswerNext(Status.TemporaryFailure, refusals, Opcode.ObserveSeqno);
        for (var i = 0; i < 40; i++)
            producer.Bucket.Set($"key {i}", "{}");

        await using var member = await TestMember.StartAsync(
            producer, folder.Path, null, ("ActorDcp:Stream:RollbackMitigationInterval", "20ms"));
        await member.CaughtUpAsync(producer);

        Assert.Equal(0, producer.Nodes[0].Faults.Report.AnswersLeft);
        Assert.Equal(refusals, member.Metrics.Total("actordcp.refusals", $"status={Status.TemporaryFailure}"));
        Assert.True(member.Metrics.Total("actordcp.retries", "of=Persistence") > 0);
    }

    [Fact]
    public async Task A_drain_asks_for_its_streams_until_they_are_granted()
    {
        await using var producer = await StartAsync();
        Refuse(producer);

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options(producer) with { Until = new DrainEnd.Now() });

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
        Assert.Equal(0, producer.Nodes[0].Faults.Report.AnswersLeft);
    }

    [Theory]
    [InlineData(Status.BucketPaused)]
    [InlineData(Status.NotInitialized)]
    [InlineData(Status.TemporaryFailure)]
    public async Task A_drain_connects_until_it_is_let_in(Status status)
    {
        await using var producer = await StartAsync();
        producer.AnswerNext(status, 3, Opcode.DcpOpen);

        var lines = await DrainFixture.DrainAsync(DrainFixture.Options(producer) with { Until = new DrainEnd.Now() });

        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
    }

    private static void Refuse(EmbeddedProducer producer)
    {
        foreach (var status in Statuses)
            producer.AnswerNext(status, Times, Opcode.DcpStreamReq);
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets).KeepHistory());
        for (var i = 0; i < 40; i++)
            producer.Bucket.Set($"key {i}", "{}");
        return producer;
    }
}
