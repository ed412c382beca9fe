using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Nodes;

/// <summary>Moves go from node to node as takeovers (dcp-reference.md 3.17).</summary>
public sealed class MoveTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private readonly string _folder = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_new_node_takes_over_on_its_replication_connection_pending_first_then_active()
    {
        using var log = new RecordingLog();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Log(log));
        producer.Bucket.Set(Zero, "a", "v"u8);

        await producer.MoveVBucketAsync(Zero, 1);

        Assert.Equal(
            ["DCP connection replication:n_0->n_1:default takes vbucket 0 over: it says that it is Pending",
                "DCP connection replication:n_0->n_1:default takes vbucket 0 over: it says that it is Active"],
            log.Lines.Select(line => line.Text).Where(text => text.Contains("takes vbucket", StringComparison.Ordinal)));
    }

    /// <summary>The answers to CLOSE_STREAM and STREAM_REQ take 64 bytes, then come 25 of each state and 28 of the end.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(63)]
    [InlineData(70)]
    [InlineData(89)]
    [InlineData(100)]
    [InlineData(114)]
    [InlineData(130)]
    public async Task A_connection_that_breaks_in_the_middle_costs_nothing(long afterBytes)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1).KeepHistory());
        for (var i = 0; i < 10; i++)
            producer.Bucket.Set($"k{i}", "v");
        await Copies.AssertSameAsync(producer);
        var log = producer.Bucket.FailoverLog(Zero);
        producer.Nodes[0].Faults.CutConnections(afterBytes);

        await producer.MoveVBucketAsync(Zero, 1);

        Assert.Equal([producer.Nodes[1], producer.Nodes[0]], producer.NodesOf(Zero));
        Assert.Equal(log, producer.Bucket.FailoverLog(Zero));
        producer.Nodes[0].Faults.Clear();
        producer.Bucket.Set("after", "v");
        Assert.Equal(new Seqno(11), producer.Bucket.HighSeqno(Zero));
        await Copies.AssertSameAsync(producer);
    }

    [Fact]
    public async Task A_writer_in_the_process_waits_for_the_new_node()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2));
        using var enough = new CancellationTokenSource();
        var written = 0ul;
        var writing = Task.Run(() =>
        {
            for (; !enough.IsCancellationRequested; written++)
                producer.Bucket.Set(Zero, "k", "v"u8);
        });

        for (var to = 1; to <= 6; to++)
            await producer.MoveVBucketAsync(Zero, to % 2);
        await enough.CancelAsync();
        await writing;

        Assert.Equal(written, producer.Bucket.HighSeqno(Zero).Value);
        Assert.Single(producer.Bucket.FailoverLog(Zero).Entries);
    }

    [Fact]
    public async Task A_vbucket_that_moved_is_where_it_went_when_all_are_started_again()
    {
        await using (var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).Nodes(2).Data(_folder)))
        {
            producer.Bucket.Set(Zero, "a", "v"u8);
            await producer.MoveVBucketAsync(Zero, 1);
            producer.Bucket.Set(Zero, "b", "v"u8);
            await producer.Bucket.FlushAsync();
            await producer.CrashAsync();
        }
        await using var again = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).Nodes(2).Data(_folder));

        Assert.Same(again.Nodes[1], again.ActiveNodeOf(Zero));
        Assert.Equal(VBucketState.Active, again.Nodes[1].StateOf(Zero));
        Assert.Equal(new Seqno(2), again.Bucket.HighSeqno(Zero));
    }
}
