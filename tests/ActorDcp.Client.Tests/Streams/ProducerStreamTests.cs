using System.Collections.Concurrent;
using System.Globalization;
using ActorDcp.Producer;

namespace ActorDcp.Client.Tests.Streams;

/// <summary>Streams from an embedded producer over loopback.</summary>
public sealed class ProducerStreamTests
{
    [Fact]
    public async Task Backfill_and_live_changes_of_all_vbuckets_arrive_once_and_in_order()
    {
        const int vbuckets = 16, before = 3000, live = 2000;
        await using var producer = await StartAsync(vbuckets);
        Write(producer, 0, before);
        await using var connection = await Options.For(producer).OpenAsync();
        var keys = new ConcurrentBag<string>();
        var streams = new List<DcpStream>();
        for (var vbucket = 0; vbucket < vbuckets; vbucket++)
            streams.Add(await connection.StreamAsync(vbucket));
        Write(producer, before, live);

        await Task.WhenAll(streams.Select(stream =>
        {
            var last = Seqno.Zero;
            var count = (int)producer.Bucket.HighSeqno(stream.VBucket).Value;
            return stream.TakeEventsAsync(count, change =>
            {
                Assert.True(change.Seqno > last);
                last = change.Seqno;
                keys.Add(System.Text.Encoding.UTF8.GetString(change.Key.Span));
            });
        }));

        Assert.Equal(before + live, keys.Count);
        Assert.Equal(before + live, keys.Distinct().Count());
        await AssertAllReturnedAsync(connection);
    }

    [Fact]
    public async Task Two_filtered_streams_of_one_vbucket_run_side_by_side_on_one_connection()
    {
        var vbucket = new VBucketId(0);
        await using var producer = await StartAsync(1);
        producer.Bucket.Collections.CreateScope("inventory");
        foreach (var name in (string[])["hotels", "airlines"])
            producer.Bucket.Collections.CreateCollection("inventory", name);
        await using var connection = await (Options.For(producer) with { StreamIds = true }).OpenAsync();
        Dictionary<string, DcpStream> streams = [];
        foreach (var name in (string[])["hotels", "airlines"])
        {
            var filter = new StreamFilter(CollectionIds: [producer.Bucket.Collection("inventory", name).Id]);
            var result = await connection.RequestStreamAsync(new StreamRequest(vbucket, StreamOffset.Beginning, Seqno.Max, filter), default);
            streams[name] = Assert.IsType<StreamRequestResult.Opened>(result).Source;
        }
        for (var i = 0; i < 20; i++)
            foreach (var name in streams.Keys)
                producer.Bucket.Collection("inventory", name).Set(vbucket, $"{name}-{i}", "{}"u8);

        foreach (var (name, stream) in streams)
        {
            List<string> keys = [];
            while (keys.Count < 20)
            {
                await stream.TakeEventsAsync(1, change =>
                {
                    if (change.IsMutation)
                        keys.Add(System.Text.Encoding.UTF8.GetString(change.Key.Span));
                });
            }
            Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{name}-{i}"), keys);
        }

        // one of them ends, the other goes on
        await connection.CloseStreamAsync(streams["hotels"], default);
        producer.Bucket.Collection("inventory", "airlines").Set(vbucket, "last", "{}"u8);
        var seen = "";
        while (seen != "last")
            await streams["airlines"].TakeEventsAsync(1, change => seen = System.Text.Encoding.UTF8.GetString(change.Key.Span));
        await AssertAllReturnedAsync(connection);
    }

    [Fact]
    public async Task A_consumer_behind_the_purge_seqno_goes_on_where_it_presents_it_and_begins_anew_where_it_does_not()
    {
        var vbucket = new VBucketId(0);
        await using var producer = await StartAsync(1);
        Write(producer, 0, 10);
        foreach (var key in producer.Bucket.Documents(vbucket).Take(5).Select(document => document.KeyText).ToList())
            producer.Bucket.Delete(vbucket, key);
        await producer.Bucket.FlushAsync();
        producer.PurgeTombstones(vbucket, new Seqno(14));
        producer.ExpelCheckpoints(vbucket);
        var purge = producer.Bucket.PurgeSeqno(vbucket);
        await using var connection = await Options.For(producer).OpenAsync();
        var stream = await connection.StreamAsync(0);
        List<StreamOffset> offsets = [];
        await stream.AvailableAsync();
        while (stream.TryTake(Taker.Epoch, out var batch))
        {
            foreach (var change in batch)
                offsets.Add(batch.OffsetAfter(change));
            batch.Release();
        }
        await connection.CloseStreamAsync(stream, default);

        var behind = offsets.First(offset => offset.Seqno > Seqno.Zero && offset.Seqno < purge);
        Assert.Equal(purge, behind.PurgeSeqno);
        Assert.IsType<StreamRequestResult.Opened>(await connection.RequestStreamAsync(new StreamRequest(vbucket, behind, Seqno.Max), default));
        await using var other = await Options.For(producer).OpenAsync();
        Assert.Equal(
            new StreamRequestResult.Rollback(Seqno.Zero),
            await other.RequestStreamAsync(new StreamRequest(vbucket, behind with { PurgeSeqno = Seqno.Zero }, Seqno.Max), default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1500)]
    public async Task A_tiny_window_drains_everything(int window)
    {
        await using var producer = await StartAsync(4);
        Write(producer, 0, 400);
        await using var connection = await (Options.For(producer) with { Window = window }).OpenAsync();
        var streams = new List<DcpStream>();
        for (var vbucket = 0; vbucket < 4; vbucket++)
            streams.Add(await connection.StreamAsync(vbucket, until: producer.Bucket.HighSeqno(new VBucketId((ushort)vbucket))));
        var count = 0;

        var endings = await Task.WhenAll(streams.Select(stream => stream.DrainAsync(batch =>
        {
            Interlocked.Add(ref count, batch.Count);
            Assert.InRange(connection.Ledger.Unacknowledged, 0, window + connection.Ledger.LargestCharge);
        })));

        Assert.Equal(400, count);
        Assert.All(endings, ending => Assert.Equal(new StreamEnding.ByProducer(StreamEndReason.Ok), ending));
        Assert.Equal(0, connection.Ledger.Overruns);
        await AssertAllReturnedAsync(connection);
    }

    [Fact]
    public async Task When_nobody_takes_the_window_fills_and_memory_stays_flat()
    {
        const int window = 50_000;
        await using var producer = await StartAsync(4);
        Write(producer, 0, 2000);
        await using var connection = await (Options.For(producer) with { Window = window }).OpenAsync();
        var streams = new List<DcpStream>();
        for (var vbucket = 0; vbucket < 4; vbucket++)
            streams.Add(await connection.StreamAsync(vbucket));

        await Eventually.HoldsAsync(() => connection.Ledger.Unacknowledged >= window, "the window is full");
        var pinned = connection.Statistics.PinnedBytes;
        Write(producer, 2000, 2000);
        // an answer comes behind anything that the producer would have sent
        await connection.GetFailoverLogAsync(new VBucketId(0), CancellationToken.None);

        Assert.InRange(connection.Ledger.Unacknowledged, window, window + connection.Ledger.LargestCharge);
        Assert.InRange(connection.Statistics.PinnedBytes, window / 2, pinned + 2 * connection.Ledger.LargestCharge);
        Assert.Equal(0, connection.Ledger.Overruns);

        await Task.WhenAll(streams.Select(stream => stream.TakeEventsAsync((int)producer.Bucket.HighSeqno(stream.VBucket).Value)));
        await AssertAllReturnedAsync(connection);
    }

    [Fact]
    public async Task Closing_a_stream_in_full_flow_returns_its_bytes_and_leaves_the_others_alone()
    {
        await using var producer = await StartAsync(2);
        Write(producer, 0, 4000);
        await using var connection = await (Options.For(producer) with { Window = 20_000 }).OpenAsync();
        var closing = await connection.StreamAsync(0);
        var staying = await connection.StreamAsync(1);
        await Eventually.HoldsAsync(() => closing.QueuedBytes > 0 && connection.Ledger.Unacknowledged >= 20_000, "the window is full");

        await connection.CloseStreamAsync(closing, CancellationToken.None).InTimeAsync();

        Assert.Equal(new StreamEnding.ByConsumer(), closing.Ending);
        Assert.False(closing.TryTake(Taker.Epoch, out _));
        await staying.TakeEventsAsync((int)producer.Bucket.HighSeqno(staying.VBucket).Value);
        await AssertAllReturnedAsync(connection);
    }

    [Fact]
    public async Task A_parked_stream_frees_the_window_and_hands_on_what_had_arrived()
    {
        await using var producer = await StartAsync(1);
        Write(producer, 0, 1000);
        var budget = new ParkedBudget(1_000_000);
        await using var connection = await (Options.For(producer) with { Window = 20_000, Parked = budget }).OpenAsync();
        var stream = await connection.StreamAsync(0);
        await Eventually.HoldsAsync(() => connection.Ledger.Unacknowledged >= 20_000, "the window is full");

        Assert.True(await connection.ParkStreamAsync(stream, CancellationToken.None).InTimeAsync());

        Assert.InRange(budget.Used, 19_000, 21_000);
        await Eventually.HoldsAsync(() => connection.Ledger.Unacknowledged == 0, "the window is free");
        var received = stream.ReceivedSeqno;
        var last = Seqno.Zero;
        var ending = await stream.DrainAsync(batch => last = batch.EndOffset.Seqno);
        Assert.Equal(received, last);
        Assert.Equal(new StreamEnding.Parked(), ending);
        Assert.Equal(0, budget.Used);
        await AssertAllReturnedAsync(connection);
    }

    [Fact]
    public async Task A_stream_resumes_where_its_last_batch_ended()
    {
        await using var producer = await StartAsync(1);
        Write(producer, 0, 500);
        await using var connection = await (Options.For(producer) with { Window = 5_000 }).OpenAsync();
        var first = await connection.StreamAsync(0);
        var keys = new List<string>();
        await first.AvailableAsync();
        Assert.True(first.TryTake(Taker.Epoch, out var batch));
        foreach (var change in batch)
            keys.Add(System.Text.Encoding.UTF8.GetString(change.Key.Span));
        var position = batch.EndOffset;
        batch.Release();
        await connection.CloseStreamAsync(first, CancellationToken.None);

        var second = await connection.StreamAsync(0, position);
        await second.TakeEventsAsync(500 - keys.Count, change => keys.Add(System.Text.Encoding.UTF8.GetString(change.Key.Span)));

        Assert.Equal(500, keys.Distinct().Count());
        Assert.Equal(500, keys.Count);
    }

    [Fact]
    public async Task A_failover_ends_the_stream_and_the_resume_is_told_to_roll_back()
    {
        await using var producer = await StartAsync(1);
        Write(producer, 0, 100);
        await using var connection = await Options.For(producer).OpenAsync();
        var stream = await connection.StreamAsync(0);
        await stream.TakeEventsAsync(100);
        var position = StreamOffset.Boundary(producer.Bucket.FailoverLog(new VBucketId(0)).NewestUuid, new Seqno(100));

        producer.LoseNewest(new VBucketId(0), 40);

        Assert.Equal(new StreamEnding.ByProducer(StreamEndReason.StateChanged), await stream.DrainAsync(_ => { }));
        var result = await connection.RequestStreamAsync(new StreamRequest(new VBucketId(0), position, Seqno.Max), CancellationToken.None);
        Assert.Equal(new StreamRequestResult.Rollback(new Seqno(60)), result);
    }

    [Fact]
    public async Task A_vbucket_that_is_elsewhere_answers_with_the_map()
    {
        await using var producer = await StartAsync(2);
        await using var connection = await Options.For(producer).OpenAsync();
        var pushed = new TaskCompletionSource<ClusterMapPush>();
        connection.ClusterMapPushed += push => pushed.TrySetResult(push);
        producer.SetState(new VBucketId(1), Producer.Buckets.VBucketState.Dead);

        var result = await connection.RequestStreamAsync(new StreamRequest(new VBucketId(1), StreamOffset.Beginning, Seqno.Max), CancellationToken.None);

        Assert.Equal(2, Assert.IsType<StreamRequestResult.NotMyVBucket>(result).Map!.VBucketCount);
        Assert.NotNull((await pushed.Task.InTimeAsync()).Map);
    }

    [Fact]
    public async Task A_thousand_idle_streams_hold_no_memory()
    {
        await using var producer = await StartAsync(1024);
        await using var connection = await Options.For(producer).OpenAsync();
        for (var vbucket = 0; vbucket < 1024; vbucket++)
            await connection.StreamAsync(vbucket);

        Assert.Equal(1024, connection.Statistics.Streams);
        Assert.Equal(0, connection.Statistics.PinnedBytes);
    }

    private static Task<EmbeddedProducer> StartAsync(int vbuckets) =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = vbuckets });

    private static void Write(EmbeddedProducer producer, int first, int count)
    {
        var value = new byte[100];
        for (var i = first; i < first + count; i++)
        {
            var vbucket = VBucketId.From(i % producer.Bucket.VBucketCount);
            producer.Bucket.Set(vbucket, "key-" + i.ToString(CultureInfo.InvariantCulture), value);
        }
    }

    private static async Task AssertAllReturnedAsync(DcpConnection connection)
    {
        await Eventually.HoldsAsync(() => connection.Ledger.Unacknowledged == 0, "everything is acknowledged");
        Assert.Equal(0, connection.Ledger.Held);
        Assert.Equal(0, connection.Ledger.DoubleReturns);
        Assert.Equal(connection.Ledger.TotalReceived, connection.Ledger.TotalAcknowledged);
        Assert.Empty(connection.Buffers.Chunks.Rentals);
        Assert.Empty(connection.Buffers.Events.Rentals);
        Assert.Equal(0, connection.Statistics.PinnedBytes);
    }
}
