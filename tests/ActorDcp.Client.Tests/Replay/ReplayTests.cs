using System.Security.Cryptography;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>
/// Our client plays the part of each recorded client against the recorded server: it asks the same, and the events it makes of a
/// real node's frames are those that other clients made of them.
/// </summary>
public sealed class ReplayTests
{
    // larger recordings only take longer when they come byte by byte
    private const int MostBytesOneAtATime = 40_000;

    /// <summary>Recordings that hold nothing a consumer of DCP does after its handshake, and what takes their place.</summary>
    private static readonly Dictionary<string, string> NotForAConsumer = new()
    {
        ["bootstrap-control"] = "settings alone: HandshakeReplayTests",
        ["bootstrap-helo"] = "features alone: HandshakeReplayTests",
        ["bootstrap-sasl-malformed"] = "what our client never sends; each refusal is as in HandshakeReplayTests",
        ["bootstrap-sasl-plain"] = "the login alone: HandshakeReplayTests",
        ["bootstrap-sasl-scram-sha1"] = "the login alone: ScramTests of the codec reproduce it",
        ["bootstrap-sasl-scram-sha512"] = "the login alone: ScramTests of the codec reproduce it",
        ["client-gocbcore-marker22"] = "gives up because of a refused setting: HandshakeReplayTests shows that ours does not",
        ["client-node-binary-nocompression"] = "documents written and read by an SDK",
        ["client-node-crud"] = "documents written and read by an SDK",
    };

    public static TheoryData<string, int> Recordings
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var name in Capture.Names.Where(name => !NotForAConsumer.ContainsKey(name)))
            {
                data.Add(name, 0);
                if (Capture.Load(name).Connections.Sum(connection => connection.Frames.Sum(frame => frame.Bytes.Length)) <= MostBytesOneAtATime)
                    data.Add(name, 1);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Our_client_asks_what_was_recorded_and_sees_the_ground_truth(string name, int pieces)
    {
        var capture = Capture.Load(name);
        var played = capture.Connections.Where(connection => connection.IsDcp && connection.Operations.Count > 0).ToList();
        Assert.NotEmpty(played);
        foreach (var connection in played)
            await ReplayAsync(capture, connection, pieces);
    }

    [Fact]
    public void Only_recordings_without_a_consumer_are_left_out() =>
        Assert.All(NotForAConsumer.Keys, name => Assert.DoesNotContain(
            Capture.Load(name).Connections, connection => connection.IsDcp && connection.Operations.OfType<RecordedOperation.Stream>().Any()));

    private static async Task ReplayAsync(Capture capture, RecordedConnection recorded, int pieces)
    {
        await using var server = ReplayServer.Start(recorded, pieces);
        await using var connection = await recorded.Options(server.Endpoint).OpenAsync();
        var client = new ReplayClient(recorded, connection);
        var failure = await Record.ExceptionAsync(client.RunAsync);
        Assert.True(server.Faults.Count == 0, $"connection {recorded.Number}: {string.Join(Environment.NewLine, server.Faults)}");
        Assert.True(failure is null, $"connection {recorded.Number}: {failure}");

        foreach (var stream in client.Streams)
            CompareWithFrames(recorded, stream);
        CompareWithTruth(capture, recorded, client.Streams);
        Assert.Equal(
            recorded.Frames.Count(frame => frame.Bytes[0] == (byte)Magic.ServerRequest), client.Pushes.Count);
        // everything is counted, whoever got it, and given back
        var charges = recorded.Frames.Where(frame => !frame.FromClient && !frame.IsResponse).Sum(ChargeOf);
        await Eventually.HoldsAsync(() => connection.Ledger.TotalReceived == charges, $"{charges} bytes are charged");
        await Eventually.HoldsAsync(() => connection.Ledger.Held == 0 && connection.Buffers.Rented == 0, "everything is given back");
    }

    // dcp-reference.md 4.1, from the bytes alone
    private static long ChargeOf(RecordedFrame frame) => (Opcode)frame.Bytes[1] switch
    {
        Opcode.DcpPrepare => frame.Bytes.Length + 2,
        _ when frame.Bytes[0] == (byte)Magic.ServerRequest => 0,
        Opcode.DcpNoop => 0,
        _ => frame.Bytes.Length,
    };

    private static void CompareWithFrames(RecordedConnection recorded, ReplayedStream stream)
    {
        var close = recorded.Operations.OfType<RecordedOperation.Close>().FirstOrDefault(each => ReferenceEquals(each.Opened, stream.Asked));
        var frames = recorded.AnswersTo(stream.Asked.Frame).Where(ReplayedStream.IsEvent).Take(close?.EventsBefore ?? int.MaxValue).ToList();
        var events = stream.Batches.SelectMany(Each).ToList();
        Assert.Equal(
            frames.Select(frame => (KindOf(frame), ReplayedStream.SeqnoOf(frame))),
            events.Select(change => (change.Kind, change.Kind is DcpEventKind.OsoStart or DcpEventKind.OsoEnd ? 0 : change.Seqno.Value)));
        foreach (var batch in stream.Batches)
        {
            // a position that a node would refuse cannot be built, and it never runs ahead
            foreach (var change in Each(batch))
                Assert.True(batch.OffsetAfter(change).Seqno <= change.Seqno);
            Assert.Equal(stream.Opened.FailoverLog.NewestUuid, batch.Uuid);
        }
    }

    private static DcpEventKind KindOf(RecordedFrame frame) => (Opcode)frame.Bytes[1] switch
    {
        Opcode.DcpMutation => DcpEventKind.Mutation,
        Opcode.DcpDeletion => DcpEventKind.Deletion,
        Opcode.DcpExpiration => DcpEventKind.Expiration,
        Opcode.DcpSystemEvent => DcpEventKind.SystemEvent,
        Opcode.DcpSeqnoAdvanced => DcpEventKind.SeqnoAdvanced,
        Opcode.DcpPrepare => DcpEventKind.Prepare,
        Opcode.DcpCommit => DcpEventKind.Commit,
        Opcode.DcpAbort => DcpEventKind.Abort,
        _ => frame.Bytes[^1] == 1 ? DcpEventKind.OsoStart : DcpEventKind.OsoEnd,
    };

    private static void CompareWithTruth(Capture capture, RecordedConnection recorded, IReadOnlyCollection<ReplayedStream> streams)
    {
        var truth = capture.Items(recorded);
        var exact = capture.Expect.TryGetProperty("items_the_client_decoded", out _);
        var seen = new HashSet<(int VBucket, ulong Seqno)>();
        var newest = new Dictionary<(int VBucket, uint Collection, string Key), ulong>();
        var systemEvents = new Dictionary<(int, ulong), (uint, string)>();
        foreach (var stream in streams)
        {
            var last = Seqno.Zero;
            foreach (var batch in stream.Batches)
            {
                foreach (var change in Each(batch))
                {
                    last = Seqno.Larger(last, change.Seqno);
                    var place = (change.VBucket.Value, change.Seqno.Value);
                    if (change.Kind == DcpEventKind.SystemEvent)
                        systemEvents[place] = ((uint)(change.CollectionEvent?.Kind ?? 0), Encoding.UTF8.GetString(change.Key.Span));
                    if (!change.IsMutation && !change.IsRemoval && change.Kind is not DcpEventKind.Commit)
                        continue;
                    seen.Add(place);
                    newest[(change.VBucket.Value, change.CollectionId, Encoding.UTF8.GetString(change.Key.Span))] = change.Seqno.Value;
                    if (change.Kind != DcpEventKind.Commit && truth.TryGetValue(place, out var item))
                        Compare(item, recorded, batch, change, exact);
                }
            }
            // nothing that the others saw on the way is missing, but what was overwritten since
            var request = stream.Asked.Request;
            Assert.All(
                truth.Values.Where(item => item.VBucket == request.VBucket.Value && item.Seqno > request.From.Seqno.Value && item.Seqno <= last.Value && IsAskedFor(item, recorded, request)),
                item => Assert.True(
                    seen.Contains((item.VBucket, item.Seqno)) || newest.GetValueOrDefault((item.VBucket, item.CollectionId, item.Key)) > item.Seqno, $"{item}"));
        }
        if (exact)
            Assert.Equal(truth.Keys.Order(), seen.Order());
        if (capture.SystemEvents is { } expected)
            Assert.Equal(expected.OrderBy(each => each.Key), systemEvents.OrderBy(each => each.Key));
    }

    private static bool IsAskedFor(ExpectedItem item, RecordedConnection recorded, StreamRequest request) =>
        (recorded.Collections || item.CollectionId == 0) && request.Filter?.ScopeId is null
        && request.Filter?.CollectionIds?.Contains(item.CollectionId) != false;

    private static void Compare(ExpectedItem item, RecordedConnection recorded, DcpBatch batch, in DcpEvent change, bool exact)
    {
        Assert.Equal((item.Key, item.CollectionId), (Encoding.UTF8.GetString(change.Key.Span), change.CollectionId));
        // keys alone from disk come as mutations without a past (dcp-reference.md 10, quirk 2)
        if (recorded.NoValue && !exact && change is { Cas: 0, RevSeqno: 1 })
            return;
        Assert.Equal((item.Rev, item.Cas, item.Type == "mutation"), (change.RevSeqno, change.Cas, change.IsMutation));
        if (!recorded.Expirations)
            Assert.NotEqual(DcpEventKind.Expiration, change.Kind);
        else if (!recorded.Xattrs)
            Assert.Equal(item.Type == "expiration", change.Kind == DcpEventKind.Expiration);
        if (!change.IsMutation)
            return;
        Assert.Equal((item.Flags, item.Expiry), (change.Flags, change.Expiry));
        if (recorded.NoValue && !exact)
        {
            Assert.True(batch.ReadBody(change).IsEmpty);
            return;
        }
        var inflated = batch.ReadInflated(change);
        Assert.Equal(item.Datatype & ~(int)Datatype.Snappy, (int)(change.Datatype & ~Datatype.Snappy));
        Assert.Equal(item.Length, inflated.Length);
#pragma warning disable CA5350 // the recordings' checksum
        Assert.Equal(item.Sha1, Convert.ToHexStringLower(SHA1.HashData(inflated.Span)));
#pragma warning restore CA5350
    }

    private static IEnumerable<DcpEvent> Each(DcpBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
            yield return batch[i];
    }
}
