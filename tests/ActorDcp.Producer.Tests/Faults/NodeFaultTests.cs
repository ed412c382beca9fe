using System.Net.Sockets;
using System.Text;
using ActorDcp.Producer.Faults;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Faults;

/// <summary>Each fault does what it says, once, and ends.</summary>
public sealed class NodeFaultTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5_000)]
    public async Task A_connection_is_cut_after_exactly_so_many_bytes_and_the_next_one_is_not(int bytes)
    {
        await using var producer = await StartAsync(documents: 200);
        await using var client = await RawClient.OpenDcpAsync(producer);

        producer.Nodes[0].Faults.CutConnections(bytes);
        await client.SendAsync(Opcode.DcpStreamReq, 0, 77, [.. new byte[16], .. RawClient.U64(ulong.MaxValue), .. new byte[24]]);

        Assert.Equal(bytes, await client.WaitForCloseAsync());
        await using var next = await RawClient.OpenDcpAsync(producer);
        await next.StreamAsync(0, end: 200);
        Assert.Equal(200, (await next.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd)).Count(frame => frame.IsEvent));
    }

    [Fact]
    public async Task So_many_connections_are_cut_as_were_asked_for()
    {
        await using var producer = await StartAsync(documents: 10);
        producer.Nodes[0].Faults.CutConnections(afterBytes: 400, connections: 2);

        for (var i = 0; i < 2; i++)
        {
            await using var client = await RawClient.ConnectAsync(producer);
            await client.AuthenticateAsync("Administrator", EmbeddedProducerOptions.DefaultPassword);
            await client.SelectBucketAsync("default");
            await client.OpenAsync($"cut {i}", 1);
            await client.SendAsync(Opcode.DcpStreamReq, 0, 77, [.. new byte[16], .. RawClient.U64(ulong.MaxValue), .. new byte[24]]);
            await client.WaitForCloseAsync();
        }

        Assert.Equal(0, producer.Nodes[0].Faults.Report.CutsLeft);
    }

    [Fact]
    public async Task A_node_that_dies_after_a_marker_has_sent_the_marker_and_nothing_more()
    {
        await using var producer = await StartAsync(documents: 50);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await using var other = await RawClient.LoginAsync(producer);

        producer.Nodes[0].Faults.DieAfterMarker(new VBucketId(0));
        await client.StreamAsync(0);

        Assert.Equal(Opcode.DcpSnapshotMarker, (await client.ReadAsync()).Opcode);
        Assert.Equal(0, await client.WaitForCloseAsync());
        await other.WaitForCloseAsync();
        await EventuallyAsync(() => !producer.Nodes[0].IsRunning);
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(producer));
    }

    [Fact]
    public async Task A_death_waits_for_a_marker_of_its_vbucket()
    {
        await using var producer = await StartAsync(documents: 5, vbuckets: 2);
        await using var client = await RawClient.OpenDcpAsync(producer);

        producer.Nodes[0].Faults.DieAfterMarker(new VBucketId(1));
        await client.StreamAsync(0, end: 5);

        Assert.Equal(5, (await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd)).Count(frame => frame.IsEvent));
        Assert.True(producer.Nodes[0].IsRunning);
        Assert.True(producer.Nodes[0].Faults.Report.DiesAfterMarker);
    }

    [Fact]
    public async Task Noops_are_late_by_as_much_as_asked_for_or_do_not_come()
    {
        var clock = new SteppedClock();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, TimeProvider = clock });
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("set_noop_interval", "10"));
        var faults = producer.Nodes[0].Faults;

        faults.DelayNoops(TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(0, await NoopsAsync(client));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await NoopsAsync(client));

        faults.DelayNoops(TimeSpan.Zero);
        faults.DropNoops();
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, await NoopsAsync(client));
        faults.DropNoops(false);
        Assert.Equal(1, await NoopsAsync(client));
    }

    [Fact]
    public async Task A_slow_disk_leaves_what_is_persisted_behind_until_it_is_fast_again()
    {
        var folder = Directory.CreateTempSubdirectory("actordcp");
        try
        {
            var clock = new SteppedClock();
            await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder.FullName, TimeProvider = clock });
            var vbucket = new VBucketId(0);
            producer.Bucket.Set("before", "{}");
            await producer.Bucket.FlushAsync().WaitAsync(Deadline);

            producer.Nodes[0].Faults.SlowDisk(TimeSpan.FromSeconds(30));
            producer.Bucket.Set("slow", "{}");
            var flushed = producer.Bucket.FlushAsync();
            Assert.Equal((2ul, 1ul), (producer.Bucket.HighSeqno(vbucket).Value, producer.Bucket.PersistedSeqno(vbucket).Value));
            await EventuallyAsync(() =>
            {
                clock.Advance(TimeSpan.FromSeconds(30));
                return flushed.IsCompleted;
            });

            Assert.Equal(2ul, producer.Bucket.PersistedSeqno(vbucket).Value);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_slow_disk_holds_back_backfills_and_documents_not_used_since_the_start()
    {
        var folder = Directory.CreateTempSubdirectory("actordcp");
        try
        {
            var clock = new SteppedClock();
            var options = new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder.FullName, TimeProvider = clock };
            await using (var before = await EmbeddedProducer.StartAsync(options))
                for (var i = 0; i < 5_000; i++)
                    before.Bucket.Set($"k{i}", "v");
            await using var producer = await EmbeddedProducer.StartAsync(options);
            producer.Nodes[0].Faults.SlowDisk(TimeSpan.FromSeconds(1));
            producer.Nodes[0].Faults.DropNoops();
            await using var data = await RawClient.LoginAsync(producer);
            await using var dcp = await RawClient.OpenDcpAsync(producer);

            await data.SendAsync(Opcode.Get, 0, 1, key: "\0k7"u8.ToArray());
            var found = data.ReadAsync();
            await dcp.StreamAsync(0);
            var first = dcp.ReadAsync();
            await dcp.AckAsync(0);
            Assert.False(found.IsCompleted || first.IsCompleted);

            await UntilAsync(clock, first);
            Assert.Equal("marker [0,5000] 0x06", (await first).ToString());
            await dcp.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 4_096);
            var more = dcp.ReadAsync();
            await UntilAsync(clock, more);
            Assert.Equal(4_097ul, (await more).Seqno);
            await UntilAsync(clock, found);
            Assert.Equal("v", (await found).ValueText);
            Assert.Equal("v", (await data.AskAsync(Opcode.Get, 0, key: "\0k7"u8.ToArray())).ValueText);

            var cold = data.AskAsync(Opcode.Get, 0, key: "\0k8"u8.ToArray());
            producer.Nodes[0].Faults.Clear();
            Assert.Equal("v", (await cold).ValueText);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Moves the clock by as much as the slow disk takes, until what waits for it is done.</summary>
    private static Task UntilAsync(SteppedClock clock, Task done) => EventuallyAsync(() =>
    {
        if (!done.IsCompleted)
            clock.Advance(TimeSpan.FromSeconds(1));
        return done.IsCompleted;
    });

    [Fact]
    public async Task A_disk_that_is_not_there_cannot_be_slow()
    {
        await using var producer = await StartAsync();

        var refusal = Assert.Throws<InvalidOperationException>(() => producer.Nodes[0].Faults.SlowDisk(TimeSpan.FromSeconds(1)));

        Assert.Contains("DataDirectory", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clearing_ends_everything()
    {
        await using var producer = await StartAsync();
        var faults = producer.Nodes[0].Faults;
        faults.StallDelivery();
        faults.DropNoops();
        faults.DelayNoops(TimeSpan.FromSeconds(1));
        faults.CutConnections(5);
        faults.DieAfterMarker();
        faults.AnswerNext(Status.TemporaryFailure, 3);

        faults.Clear();

        Assert.Equal(new NodeFaultsReport(), faults.Report);
    }

    private static async Task<EmbeddedProducer> StartAsync(int documents = 0, int vbuckets = 1)
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = vbuckets });
        for (var i = 0; i < documents; i++)
            producer.Bucket.Set(new VBucketId(0), $"k{i}", Encoding.UTF8.GetBytes($$"""{"n":{{i}},"text":"something that takes room on the wire"}"""));
        return producer;
    }

    /// <summary>How many no-ops came, each answered, before the answer to a request that was sent after the node looked at its timers.</summary>
    private static async Task<int> NoopsAsync(RawClient client)
    {
        // each answer lets the sender look at the session once more
        for (var i = 0; i < 3; i++)
            Assert.Equal(Status.Success, (await client.AskAsync(Opcode.Noop)).Status);
        var noops = client.SkippedCount;
        for (var i = 0; i < noops; i++)
            await client.ReplyAsync(await client.ReadAsync());
        return noops;
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
            await tick.WaitForNextTickAsync(deadline.Token);
    }
}
