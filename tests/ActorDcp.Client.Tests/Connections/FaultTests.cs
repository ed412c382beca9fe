using System.Buffers.Binary;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Client.Tests.Connections;

/// <summary>What a broken, slow or hostile node does to a connection: it closes with its cause, and nothing hangs.</summary>
public sealed class FaultTests
{
    private static readonly StreamRequest Request = new(new VBucketId(3), StreamOffset.Beginning, Seqno.Max);

    [Fact]
    public async Task A_connection_cut_in_the_middle_of_a_frame_ends_streams_and_fails_requests_with_the_cause()
    {
        var cut = new TaskCompletionSource();
        await using var server = new ScriptedServer(async node =>
        {
            var opaque = await OpenStreamAsync(node);
            await node.SendAsync(Wire.Marker(opaque, 3, 0, 10));
            await node.SendAsync(Wire.Mutation(opaque, 3, 1));
            await node.SendAsync(Wire.Mutation(opaque, 3, 2).AsMemory(0, 30));
            await cut.Task;
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var stream = await connection.StreamAsync(3);
        var pending = connection.GetFailoverLogAsync(new VBucketId(1), CancellationToken.None);
        await stream.TakeEventsAsync(1);

        cut.SetResult();

        var cause = await connection.Completion.InTimeAsync();
        Assert.Contains("middle of a frame", Assert.IsType<KvConnectionException>(cause).Message, StringComparison.Ordinal);
        await stream.AvailableAsync();
        Assert.Same(cause, Assert.IsType<StreamEnding.ConnectionLost>(stream.Ending).Cause);
        var failure = await Assert.ThrowsAsync<KvConnectionException>(() => pending.InTimeAsync());
        Assert.Same(cause, failure.InnerException);
        await Assert.ThrowsAsync<KvConnectionException>(() => connection.RequestStreamAsync(Request, CancellationToken.None));
        Assert.Equal(0, connection.Buffers.Rented);
        Assert.Equal(0, connection.Ledger.Held);
    }

    [Fact]
    public async Task What_arrived_before_the_connection_was_lost_can_still_be_taken()
    {
        await using var server = new ScriptedServer(async node =>
        {
            var opaque = await OpenStreamAsync(node);
            await node.SendAsync(Wire.Marker(opaque, 3, 0, 10));
            await node.SendAsync(Wire.Mutation(opaque, 3, 1));
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var stream = await connection.StreamAsync(3);
        await connection.Completion.InTimeAsync();

        Assert.Null(stream.Ending);
        Assert.True(stream.TryTake(Taker.Epoch, out var batch));
        Assert.Equal(new Seqno(1), batch.EndOffset.Seqno);
        batch.Release();
        Assert.IsType<StreamEnding.ConnectionLost>(stream.Ending);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("absurd length")]
    [InlineData("lengths that do not fit")]
    [InlineData("wrong vbucket")]
    [InlineData("short extras")]
    public async Task A_frame_that_is_none_closes_the_connection_as_a_protocol_error(string fault)
    {
        await using var server = new ScriptedServer(async node =>
        {
            var opaque = await OpenStreamAsync(node);
            await node.SendAsync(Wire.Marker(opaque, 3, 0, 10));
            await node.SendAsync(Faulty(fault, opaque));
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var stream = await connection.StreamAsync(3);
        // an event that cannot be read shows when it is taken
        await stream.AvailableAsync();
        Assert.False(stream.TryTake(Taker.Epoch, out _));

        Assert.IsType<ProtocolException>(await connection.Completion.InTimeAsync());
        Assert.IsType<ProtocolException>(Assert.IsType<StreamEnding.ConnectionLost>(stream.Ending).Cause);
        Assert.Equal(0, connection.Buffers.Rented);
        Assert.Equal(0, connection.Ledger.Held);
    }

    [Fact]
    public async Task An_event_outside_its_marker_is_delivered_up_to_and_ends_the_connection()
    {
        await using var server = new ScriptedServer(async node =>
        {
            var opaque = await OpenStreamAsync(node);
            await node.SendAsync(Wire.Marker(opaque, 3, 0, 2));
            byte[] events = [.. Wire.Mutation(opaque, 3, 1), .. Wire.Mutation(opaque, 3, 2), .. Wire.Mutation(opaque, 3, 3)];
            await node.SendAsync(events);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var stream = await connection.StreamAsync(3);
        var seqnos = new List<ulong>();

        var ending = await stream.DrainAsync(batch =>
        {
            foreach (var change in batch)
                seqnos.Add(change.Seqno.Value);
        });

        Assert.Equal([1ul, 2ul], seqnos);
        var cause = Assert.IsType<ProtocolException>(Assert.IsType<StreamEnding.ConnectionLost>(ending).Cause);
        Assert.Contains("vbucket 3", cause.Message, StringComparison.Ordinal);
        Assert.Same(cause, await connection.Completion.InTimeAsync());
    }

    [Fact]
    public async Task A_request_without_an_answer_hits_its_deadline_and_its_late_answer_closes_the_stream()
    {
        var late = new TaskCompletionSource();
        var closed = new TaskCompletionSource<byte[]>();
        await using var server = new ScriptedServer(async node =>
        {
            var request = await node.LetInAsync();
            await late.Task;
            await node.AnswerAsync(request, Status.Success, Wire.FailoverLog((1, 0)));
            await node.SendAsync(Wire.Marker(Wire.OpaqueOf(request), 3, 0, 1));
            await node.SendAsync(Wire.Mutation(Wire.OpaqueOf(request), 3, 1));
            closed.SetResult(await node.ReadAsync(Opcode.DcpCloseStream));
            await node.ReadAsync(Opcode.Quit);
        });
        var options = Options.For(server.Endpoint);
        await using var connection = await (options with { Kv = options.Kv with { RequestTimeout = TimeSpan.FromMilliseconds(300) } }).OpenAsync();

        var error = await Assert.ThrowsAsync<KvConnectionException>(() => connection.RequestStreamAsync(Request, CancellationToken.None).InTimeAsync());
        late.SetResult();

        Assert.Contains("vbucket 3", error.Message, StringComparison.Ordinal);
        Assert.Equal(Request.VBucket, FrameHeader.Read(await closed.Task.InTimeAsync()).VBucket);
        await Eventually.HoldsAsync(() => connection.Statistics.DroppedFrames == 2, "both frames are dropped");
        await Eventually.HoldsAsync(() => connection.Ledger.Unacknowledged == 0, "and acknowledged");
        Assert.Equal(0, connection.Statistics.Transport.UnknownFrames);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_only_the_node_knows_is_closed_and_one_of_ours_is_not(bool isOurs)
    {
        var closed = new TaskCompletionSource<bool>();
        await using var server = new ScriptedServer(async node =>
        {
            var request = await node.LetInAsync();
            if (isOurs)
            {
                await node.AnswerAsync(request, Status.Success, Wire.FailoverLog((1, 0)));
                request = await node.ReadAsync(Opcode.DcpStreamReq);
            }
            await node.AnswerAsync(request, Status.KeyExists);
            var next = await node.ReadAsync(Opcode.DcpCloseStream, Opcode.DcpGetFailoverLog);
            closed.SetResult((Opcode)next[1] == Opcode.DcpCloseStream && FrameHeader.Read(next).VBucket == Request.VBucket);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        if (isOurs)
            await connection.StreamAsync(3);

        Assert.IsType<StreamRequestResult.Refused>(await connection.RequestStreamAsync(Request, CancellationToken.None).InTimeAsync());
        var log = connection.GetFailoverLogAsync(Request.VBucket, CancellationToken.None);

        Assert.Equal(!isOurs, await closed.Task.InTimeAsync());
        await connection.DisposeAsync();
        await Assert.ThrowsAsync<KvConnectionException>(() => log.InTimeAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_ended_at_the_node_while_it_was_closed_is_closed_without_a_fault(bool streamIds)
    {
        await using var server = new ScriptedServer(async node =>
        {
            await node.AnswerAsync(await node.LetInAsync(), Status.Success, Wire.FailoverLog((1, 0)));
            var close = await node.ReadAsync(Opcode.DcpCloseStream);
            await node.AnswerAsync(close, streamIds ? Status.DcpStreamIdInvalid : Status.KeyNotFound);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await (Options.For(server.Endpoint) with { StreamIds = streamIds }).OpenAsync();
        var stream = await connection.StreamAsync(3);

        await connection.CloseStreamAsync(stream, CancellationToken.None).InTimeAsync();

        Assert.IsType<StreamEnding.ByConsumer>(stream.Ending);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 16)]
    public async Task A_map_without_a_version_is_not_named_to_the_node_that_would_refuse_it(long revision, int extras)
    {
        var asked = new TaskCompletionSource<byte[]>();
        await using var server = new ScriptedServer(async node =>
        {
            var request = await node.LetInAsync();
            asked.SetResult(request);
            await node.AnswerAsync(request, Status.Success);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();

        Assert.Null(await connection.GetClusterMapAsync(new Protocol.ClusterMaps.ClusterMapRevision(0, revision), CancellationToken.None).InTimeAsync());

        var frame = await asked.Task.InTimeAsync();
        Assert.Equal((Opcode.GetClusterConfig, extras), ((Opcode)frame[1], FrameHeader.Read(frame).ExtrasLength));
    }

    [Fact]
    public async Task A_silent_node_is_given_up_after_two_intervals()
    {
        await using var server = new ScriptedServer(async node =>
        {
            // the no-op that asks for a sign of life gets none either
            await node.LetInAsync();
            await node.ReadAsync(Opcode.Quit);
        });
        var time = new ManualTime();
        await using var connection = await DcpConnection.OpenAsync(
            Options.For(server.Endpoint) with { NoopInterval = TimeSpan.FromSeconds(10) }, time, NullLogger.Instance, CancellationToken.None).InTimeAsync();

        time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(connection.Completion.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2.5));

        var cause = Assert.IsType<KvConnectionException>(await connection.Completion.InTimeAsync());
        Assert.Contains("silent", cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Noops_are_answered_with_their_opaque_while_nobody_takes()
    {
        var answered = new TaskCompletionSource<byte[]>();
        await using var server = new ScriptedServer(async node =>
        {
            var opaque = await OpenStreamAsync(node);
            await node.SendAsync(Wire.Marker(opaque, 3, 0, 10));
            await node.SendAsync(Wire.Mutation(opaque, 3, 1));
            await node.SendAsync(Wire.Noop(0x81969800));
            byte[] frame;
            do
                frame = await node.ReadAsync();
            while (frame[1] != (byte)Opcode.DcpNoop);
            answered.SetResult(frame);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        await connection.StreamAsync(3);

        Assert.Equal("815c000000000000000000008196980000000000000000" + "00", Convert.ToHexStringLower(await answered.Task.InTimeAsync()));
    }

    [Fact]
    public async Task A_batch_returned_twice_is_refused_in_debug_counted_and_credited_once()
    {
        await using var server = new ScriptedServer(SendThreeAsync);
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var batch = await TakeThreeAsync(connection);
        var lease = batch.Lease!;
        lease.Release();

        var error = Record.Exception(lease.Release);

        Assert.Equal(1, connection.Ledger.DoubleReturns);
        Assert.Equal(0, connection.Ledger.Held);
#if DEBUG
        Assert.IsType<InvalidOperationException>(error);
#else
        Assert.Null(error);
#endif
    }

    [Fact]
    public async Task An_abandoned_batch_returns_its_window_but_keeps_its_bytes()
    {
        await using var server = new ScriptedServer(SendThreeAsync);
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var batch = await TakeThreeAsync(connection);
        Assert.True(batch.Charge > 0);

        batch.Abandon();
        batch.Release();

        Assert.Equal(0, connection.Ledger.Held);
        Assert.Equal(0, connection.Ledger.DoubleReturns);
        Assert.Equal(0, connection.Buffers.Rented);
    }

    [Fact]
    public async Task A_batch_that_is_not_returned_is_seen_as_a_leak()
    {
        await using var server = new ScriptedServer(SendThreeAsync);
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var batch = await TakeThreeAsync(connection);

        Assert.Equal(2, connection.Buffers.Rented);
#if DEBUG
        Assert.Equal(["stream chunk"], connection.Buffers.Chunks.Rentals);
        Assert.Equal(["batch events"], connection.Buffers.Events.Rentals);
#endif
        batch.Release();
        Assert.Equal(0, connection.Buffers.Rented);
    }

    [Fact]
    public async Task A_batch_tells_its_markers_boundaries_and_offsets()
    {
        await using var server = new ScriptedServer(async node =>
        {
            var opaque = await OpenStreamAsync(node);
            byte[] frames =
            [
                .. Wire.Marker(opaque, 3, 0, 2), .. Wire.Mutation(opaque, 3, 1), .. Wire.Mutation(opaque, 3, 2),
                .. Wire.Marker(opaque, 3, 3, 9), .. Wire.ScopeCreated(opaque, 3, 3, manifest: 77), .. Wire.SeqnoAdvanced(opaque, 3, 5),
                .. Wire.Mutation(opaque, 3, 7), .. Wire.Marker(opaque, 3, 10, 20),
            ];
            await node.SendAsync(frames);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var stream = await connection.StreamAsync(3);
        await Eventually.HoldsAsync(() => stream.ReceivedSeqno == new Seqno(7) && stream.QueuedBytes > 0, "all is there");
        Assert.True(stream.TryTake(Taker.Epoch, out var batch));

        Assert.Equal([0, 2], batch.Markers.ToArray().Select(marker => marker.Index));
        Assert.Equal<Seqno>([new(2)], [.. batch.CompletedBoundaries]);
        Assert.Equal(new Seqno(2), batch.LastCompletedBoundary);
        var uuid = new VBucketUuid(0xabc);
        var second = new StreamSnapshot(new Seqno(3), new Seqno(9));
        Assert.Equal(
            [
                new StreamOffset(uuid, new Seqno(1), new StreamSnapshot(Seqno.Zero, new Seqno(2))),
                StreamOffset.Boundary(uuid, new Seqno(2)),
                new StreamOffset(uuid, new Seqno(3), new StreamSnapshot(new Seqno(2), new Seqno(9)), 77),
                new StreamOffset(uuid, new Seqno(5), second, 77),
                new StreamOffset(uuid, new Seqno(7), second, 77),
            ],
            Enumerable.Range(0, batch.Count).Select(i => batch.OffsetAfter(batch[i])));
        batch.Release();
    }

    private static async Task SendThreeAsync(ScriptedConnection node)
    {
        var opaque = await OpenStreamAsync(node);
        byte[] frames =
        [
            .. Wire.Marker(opaque, 3, 0, 3), .. Wire.Mutation(opaque, 3, 1), .. Wire.Mutation(opaque, 3, 2), .. Wire.Mutation(opaque, 3, 3),
        ];
        await node.SendAsync(frames);
        await node.ReadAsync(Opcode.Quit);
    }

    private static async Task<DcpBatch> TakeThreeAsync(DcpConnection connection)
    {
        var stream = await connection.StreamAsync(3);
        await Eventually.HoldsAsync(() => stream.ReceivedSeqno == new Seqno(3), "three events are there");
        Assert.True(stream.TryTake(Taker.Epoch, out var batch));
        return batch;
    }

    private static async Task<uint> OpenStreamAsync(ScriptedConnection node)
    {
        var request = await node.LetInAsync();
        Assert.Equal(Opcode.DcpStreamReq, (Opcode)request[1]);
        await node.AnswerAsync(request, Status.Success, Wire.FailoverLog((0xabc, 0)));
        return Wire.OpaqueOf(request);
    }

    private static byte[] Faulty(string fault, uint opaque)
    {
        var frame = Wire.Mutation(opaque, fault == "wrong vbucket" ? 4 : 3, 1);
        switch (fault)
        {
            case "garbage":
                frame.AsSpan().Fill(0x47);
                break;
            case "absurd length":
                BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), 0x7fff_0000);
                break;
            case "lengths that do not fit":
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), 5000);
                break;
            case "short extras":
                frame[4] = 30;
                break;
        }
        return frame;
    }
}
