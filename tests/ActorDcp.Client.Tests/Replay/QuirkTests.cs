using System.Buffers;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>
/// What a real node does that a reader of the protocol would not expect (dcp-reference.md 10), by number; the trait <c>Reference</c>
/// finds them. Elsewhere: 10.6 and 10.25 <see cref="HandshakeReplayTests"/>; 10.7 <c>ReferenceRequestsTests</c> of the codec, which
/// never writes a duplicate; 10.3 also <c>VBucketActorTests</c>, where the actor leaves a node that lost the vbucket. The numbers
/// not listed concern nobody but a producer: 10.9, 10.11, 10.13 to 10.15, 10.17, 10.18, 10.20 to 10.22, 10.24.
/// </summary>
public sealed class QuirkTests
{
    [Fact]
    [Trait("Reference", "10.1")]
    public async Task Deletions_with_a_stream_id_that_announce_no_framing_are_read()
    {
        var recorded = Capture.Load("streamid-deletions-v2").Connections[0];
        Assert.Contains(recorded.Frames, frame => frame.Bytes[0] == (byte)Magic.FlexibleRequest && frame.Bytes[1] == (byte)Opcode.DcpDeletion && frame.Bytes[2] == 0);
        Assert.Contains(recorded.Frames, frame => frame.Bytes[0] == (byte)Magic.FlexibleRequest && frame.Bytes[1] == (byte)Opcode.DcpExpiration && frame.Bytes[2] == 0);

        var events = await EventsAsync(recorded);

        Assert.Equal(4, events.Count(change => change.Kind == DcpEventKind.Deletion));
        Assert.Equal(1, events.Count(change => change.Kind == DcpEventKind.Expiration));
        Assert.All(events.Where(change => change.IsRemoval), change => Assert.True(change is { CollectionId: 9, DeleteTime: > 0 } && change.Key.Length > 0));
    }

    [Fact]
    [Trait("Reference", "10.2")]
    public async Task Without_values_a_backfill_from_disk_tells_deletions_as_mutations_without_a_past()
    {
        var disk = await EventsAsync(Capture.Load("values-novalue").Connections[0]);
        var memory = await EventsAsync(Capture.Load("values-novalue-memory").Connections[0]);

        Assert.All(disk, change => Assert.True(change is { Kind: DcpEventKind.Mutation, Cas: 0, RevSeqno: 1, Flags: 0, Expiry: 0 } && change.Value.IsEmpty));
        Assert.Contains(memory, change => change.Kind == DcpEventKind.Deletion);
        Assert.Contains(memory, change => change.Kind == DcpEventKind.Expiration);
    }

    [Fact]
    [Trait("Reference", "10.3")]
    public async Task A_stream_that_the_old_node_keeps_open_after_a_move_is_refused_when_it_is_asked_for_again_and_the_map_says_where_to_go()
    {
        var recorded = Capture.Load("topology-move-push-full").Connections[0];
        await using var server = ReplayServer.Start(recorded, pieces: 0);
        await using var connection = await recorded.Options(server.Endpoint).OpenAsync();
        var client = new ReplayClient(recorded, connection);
        await client.RunAsync();

        // its end came at last, by itself
        var moved = client.Streams.Single(stream => stream.Opened.Source.Ending is not null);
        Assert.Equal(new StreamEnding.ByProducer(StreamEndReason.StateChanged), moved.Opened.Source.Ending);
        Assert.Equal(2, recorded.Operations.Count(operation => recorded.AnswerTo(operation.Frame)?.Header.Status == Status.NotMyVBucket));
    }

    [Fact]
    [Trait("Reference", "10.4")]
    public async Task A_filtered_stream_from_memory_ends_below_the_seqno_that_was_asked_for_and_is_whole()
    {
        var below = 0;
        foreach (var recorded in Capture.Load("collections-filters-memory").Connections.Where(each => each.Operations.Count > 0))
        {
            foreach (var stream in (await PlayAsync(recorded)).Streams.Where(stream => stream.Count > 0))
            {
                Assert.Equal(new StreamEnding.ByProducer(StreamEndReason.Ok), stream.Opened.Source.Ending);
                var end = stream.Batches[^1].EndOffset;
                Assert.True(end.IsBoundary, $"{end}");
                below += end.Seqno < stream.Asked.Request.Until ? 1 : 0;
            }
        }
        Assert.True(below >= 5, $"{below} streams end below");
    }

    [Theory]
    [Trait("Reference", "10.5")]
    [InlineData("collections-seqno-advanced-backfill-few")]
    [InlineData("collections-seqno-advanced-backfill-none")]
    public async Task Thousands_of_filtered_items_are_passed_over_by_one_advance_at_the_end(string name)
    {
        var events = await EventsAsync(Capture.Load(name).Connections[0]);

        var advanced = Assert.Single(events, change => change.Kind == DcpEventKind.SeqnoAdvanced);
        Assert.Equal(new Seqno(26_004), advanced.Seqno);
        Assert.Equal(advanced.Seqno, events[^1].Seqno);
    }

    [Fact]
    [Trait("Reference", "10.8")]
    public async Task Noops_are_answered_with_their_opaque_whatever_order_the_node_counts_in()
    {
        var recorded = Capture.Load("noop-exchange").Connections[0];
        var noops = recorded.Frames.Where(frame => !frame.FromClient && frame.Is(Opcode.DcpNoop)).ToList();
        Assert.Equal(0x81969800u, noops[0].Opaque);
        Assert.Equal(0x82969800u, noops[1].Opaque);

        // the server asks for each reply before it goes on
        Assert.NotEmpty((await PlayAsync(recorded)).Streams);
    }

    [Fact]
    [Trait("Reference", "10.10")]
    public async Task Durable_writes_from_disk_come_as_mutations_with_aborts_and_pending_prepares_among_them()
    {
        var events = await EventsAsync(Capture.Load("syncwrites-disk-enabled").Connections[0]);

        Assert.Equal((2, 1, 0), (
            events.Count(change => change.Kind == DcpEventKind.Abort), events.Count(change => change.Kind == DcpEventKind.Prepare),
            events.Count(change => change.Kind == DcpEventKind.Commit)));
        Assert.Contains(events, change => change.IsMutation);
    }

    [Fact]
    [Trait("Reference", "10.12")]
    public async Task With_forced_compression_some_values_come_as_they_are_and_all_are_read()
    {
        var client = await PlayAsync(Capture.Load("values-force-compression-memory").Connections[0]);
        int raw = 0, compressed = 0;
        foreach (var batch in client.Streams.SelectMany(stream => stream.Batches))
        {
            foreach (var change in batch)
            {
                if (!change.IsMutation || change.Value.IsEmpty)
                    continue;
                var isCompressed = (change.Datatype & Datatype.Snappy) != 0;
                (raw, compressed) = isCompressed ? (raw, compressed + 1) : (raw + 1, compressed);
                Assert.True(batch.ReadInflated(change).Length >= (isCompressed ? 1 : change.Value.Length));
            }
        }
        Assert.True(raw > 0 && compressed > 0, $"{raw} raw, {compressed} compressed");
    }

    [Fact]
    [Trait("Reference", "10.16")]
    public async Task An_answer_with_framing_extras_is_an_answer_all_the_same()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            var asked = await connection.LetInAsync();
            var output = new ArrayBufferWriter<byte>();
            FrameWriter.Write(
                output, Magic.FlexibleResponse, (Opcode)asked[1], (ushort)Status.Success, Wire.OpaqueOf(asked), [0x02, 0, 78], [], [],
                Wire.FailoverLog((7, 3)), Datatype.Raw, cas: 0);
            await connection.SendAsync(output.WrittenMemory);
            await connection.ReadAsync();
        });
        await using var opened = await Options.For(server.Endpoint).OpenAsync();

        var log = await opened.GetFailoverLogAsync(VBucketId.From(0), CancellationToken.None).InTimeAsync();

        Assert.Equal(new VBucketUuid(7), log!.NewestUuid);
    }

    [Fact]
    [Trait("Reference", "10.19")]
    public async Task Of_the_two_maps_that_each_change_pushes_one_is_the_buckets_and_the_other_routes_nothing()
    {
        var client = await PlayAsync(Capture.Load("topology-move-push-full").Connections[0]);

        Assert.Equal(2, client.Pushes.Count);
        var global = Assert.Single(client.Pushes, push => push.Bucket.Length == 0);
        Assert.False(global.Map!.HasVBuckets);
        Assert.True(Assert.Single(client.Pushes, push => push.Bucket.Length > 0).Map!.HasVBuckets);
    }

    [Fact]
    [Trait("Reference", "10.23")]
    public async Task A_changed_time_to_live_is_a_modified_collection_also_when_it_becomes_none()
    {
        var events = await EventsAsync(Capture.Load("collections-modify-history").Connections[0]);

        var modified = events.Where(change => change.CollectionEvent?.Kind == CollectionEventKind.CollectionModify).Select(change => change.CollectionEvent!).ToList();
        Assert.Contains(modified, change => change.MaxTtl == 5);
        Assert.Contains(modified, change => change.MaxTtl == 0);
    }

    private static async Task<List<DcpEvent>> EventsAsync(RecordedConnection recorded)
    {
        var client = await PlayAsync(recorded);
        return [.. client.Streams.SelectMany(stream => stream.Batches).SelectMany(Each)];
    }

    private static IEnumerable<DcpEvent> Each(DcpBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
            yield return batch[i];
    }

    private static async Task<ReplayClient> PlayAsync(RecordedConnection recorded)
    {
        await using var server = ReplayServer.Start(recorded, pieces: 0);
        await using var connection = await recorded.Options(server.Endpoint).OpenAsync();
        var client = new ReplayClient(recorded, connection);
        await client.RunAsync();
        await Eventually.HoldsAsync(
            () => client.Pushes.Count == recorded.Frames.Count(frame => frame.Bytes[0] == (byte)Magic.ServerRequest), "the pushed maps are here");
        Assert.Empty(server.Faults);
        return client;
    }
}
