using System.Security.Cryptography;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>The events that our client makes of a real node's frames are those that other clients made of them.</summary>
public sealed class ReplayTests
{
    [Theory]
    [InlineData("basics-disk-full", 37)]
    [InlineData("basics-disk-nosnappy", 37)]
    [InlineData("basics-ephemeral-full", 37)]
    [InlineData("basics-large-cached", 2)]
    [InlineData("basics-large-disk", 2)]
    [InlineData("basics-live-tail", 49)]
    [InlineData("basics-memory-deltimes-noexpiry", 37)]
    [InlineData("basics-memory-full", 37)]
    [InlineData("basics-memory-legacy", 37)]
    [InlineData("basics-memory-plain", 37)]
    [InlineData("basics-stream-ends", 13)]
    [InlineData("resume-mid-snapshot", 30)]
    [InlineData("resume-request-errors", 0)]
    [InlineData("rollback-basic", 5)]
    [InlineData("rollback-decisions", 0)]
    [InlineData("rollback-purged-tombstones", 13)]
    [InlineData("rollback-unclean-restart", 0)]
    public async Task Events_equal_the_ground_truth(string name, int knownItems)
    {
        var capture = Capture.Load(name);
        var seen = new HashSet<(int, ulong)>();
        foreach (var connection in capture.Connections.Where(each => each.HasStreams))
            seen.UnionWith(await ReplayAsync(capture, connection));

        var items = capture.Items(xattrs: true);
        Assert.Equal(knownItems, items.Count);
        if (!name.StartsWith("rollback", StringComparison.Ordinal) && !name.StartsWith("resume", StringComparison.Ordinal))
            Assert.Superset(items.Keys.ToHashSet(), seen);
    }

    private static async Task<HashSet<(int, ulong)>> ReplayAsync(Capture capture, RecordedConnection recorded)
    {
        await using var server = ReplayServer.Start(recorded);
        await using var connection = await recorded.Options(server.Endpoint).OpenAsync();
        // all at once, as the recording decides when each is answered; they are sent in order
        var asked = recorded.StreamRequests.Where(each => each.Request is not null)
            .Select(each => (each.Frame, Answer: connection.RequestStreamAsync(each.Request!, CancellationToken.None))).ToList();
        var seen = new HashSet<(int, ulong)>();
        foreach (var (request, answer) in asked)
        {
            await Task.WhenAny(answer).InTimeAsync();
            Assert.Empty(server.Faults);
            var result = await answer;
            var answers = recorded.AnswersTo(request);
            AssertSameAnswer(answers.First(each => each.Is(Opcode.DcpStreamReq, response: true)), result);
            if (result is StreamRequestResult.Opened opened)
                await CompareAsync(capture, recorded, answers, opened, seen);
        }
        Assert.Empty(server.Faults);
        Assert.Equal(0, connection.Ledger.Held);
        Assert.Equal(0, connection.Buffers.Rented);
        return seen;
    }

    private static void AssertSameAnswer(RecordedFrame recorded, StreamRequestResult result)
    {
        switch (recorded.Header.Status)
        {
            case Status.Success:
                Assert.IsType<StreamRequestResult.Opened>(result);
                break;
            case Status.Rollback:
                var seqno = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(Frame.Read(recorded.Bytes).Value);
                Assert.Equal(new StreamRequestResult.Rollback(new Seqno(seqno)), result);
                break;
            case Status.NotMyVBucket:
                Assert.IsType<StreamRequestResult.NotMyVBucket>(result);
                break;
            default:
                Assert.Equal(recorded.Header.Status, Assert.IsType<StreamRequestResult.Refused>(result).Status);
                break;
        }
    }

    private static async Task CompareAsync(
        Capture capture, RecordedConnection recorded, IReadOnlyList<RecordedFrame> answers, StreamRequestResult.Opened opened,
        HashSet<(int, ulong)> seen)
    {
        var frames = answers.Where(frame => frame.Header.IsRequest).ToList();
        var expectedEvents = frames.Count(frame => frame.Header.Opcode is Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration
            or Opcode.DcpSystemEvent or Opcode.DcpSeqnoAdvanced);
        var truth = capture.Items(recorded.Xattrs);
        var last = opened.Source.Request.From.Seqno;
        var count = 0;
        StreamOffset? end = null;
        while (count < expectedEvents)
        {
            await opened.Source.AvailableAsync();
            Assert.True(opened.Source.TryTake(Taker.Epoch, out var batch), $"{count} of {expectedEvents} events, then {opened.Source.Ending}");
            foreach (var change in batch)
            {
                Assert.True(change.Seqno > last);
                Compare(truth, recorded, batch, change, last);
                seen.Add((change.VBucket.Value, change.Seqno.Value));
                last = change.Seqno;
                count++;
            }
            end = batch.EndOffset;
            batch.Release();
        }
        if (frames.FirstOrDefault(frame => frame.Is(Opcode.DcpStreamEnd)) is { } streamEnd)
        {
            await Eventually.HoldsAsync(() => opened.Source.Ending is not null, "the stream has ended");
            var reason = (StreamEndReason)Frame.Read(streamEnd.Bytes).Extras[3];
            Assert.Equal(new StreamEnding.ByProducer(reason), opened.Source.Ending);
        }
        if (end is not null)
            Assert.Equal(opened.FailoverLog.NewestUuid, end.Value.Uuid);
    }

    private static void Compare(
        IReadOnlyDictionary<(int VBucket, ulong Seqno), ExpectedItem> truth, RecordedConnection recorded, DcpBatch batch, DcpEvent change, Seqno last)
    {
        // nothing that the others saw between two events is missing
        Assert.DoesNotContain(truth.Keys, key => key.VBucket == change.VBucket.Value && key.Seqno > last.Value && key.Seqno < change.Seqno.Value);
        if (!truth.TryGetValue((change.VBucket.Value, change.Seqno.Value), out var item))
            return;
        var inflated = batch.ReadInflated(change);
        Assert.Equal(item.Key, Encoding.UTF8.GetString(change.Key.Span));
        Assert.Equal((item.CollectionId, item.Rev, item.Cas), (change.CollectionId, change.RevSeqno, change.Cas));
        Assert.Equal(item.Type == "mutation", change.IsMutation);
        if (!recorded.Expirations)
            Assert.NotEqual(DcpEventKind.Expiration, change.Kind);
        else if (!recorded.Xattrs)
            Assert.Equal(item.Type == "expiration", change.Kind == DcpEventKind.Expiration);
        if (!change.IsMutation)
            return;
        Assert.Equal((item.Flags, item.Expiry), (change.Flags, change.Expiry));
        Assert.Equal(item.Datatype & ~(int)Datatype.Snappy, (int)(change.Datatype & ~Datatype.Snappy));
        Assert.Equal(item.Length, inflated.Length);
#pragma warning disable CA5350 // the recordings' checksum
        Assert.Equal(item.Sha1, Convert.ToHexStringLower(SHA1.HashData(inflated.Span)));
#pragma warning restore CA5350
    }
}
