using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>Makes our client ask what a recorded connection asked, in its order, and keeps what came of it.</summary>
internal sealed class ReplayClient(RecordedConnection recorded, DcpConnection connection)
{
    private readonly Dictionary<RecordedFrame, ReplayedStream> _streams = new(ReferenceEqualityComparer.Instance);

    internal IReadOnlyCollection<ReplayedStream> Streams => _streams.Values;

    internal List<ClusterMapPush> Pushes { get; } = [];

    internal async Task RunAsync()
    {
        connection.ClusterMapPushed += push =>
        {
            lock (Pushes)
                Pushes.Add(push);
        };
        var answers = new List<(RecordedOperation Operation, Task Task)>();
        foreach (var operation in recorded.Operations)
        {
            // what was asked is not waited for: the recording decides when it is answered
            if (operation is RecordedOperation.Close close)
                answers.Add((operation, await CloseAsync(close, answers)));
            else
                answers.Add((operation, Ask(operation)));
        }
        foreach (var (operation, task) in answers)
        {
            await Task.WhenAny(task).InTimeAsync();
            await CheckAsync(operation, task);
        }
        foreach (var (frame, stream) in _streams)
            await EndsAsRecordedAsync(frame, stream);
    }

    private Task Ask(RecordedOperation operation) => operation switch
    {
        RecordedOperation.Stream stream => OpenAsync(stream),
        RecordedOperation.FailoverLogOf log => connection.GetFailoverLogAsync(log.VBucket, CancellationToken.None),
        RecordedOperation.Observe observe => connection.ObserveSeqnoAsync(observe.VBucket, observe.Uuid, CancellationToken.None),
        RecordedOperation.AllSeqnos all => connection.GetAllVBucketSeqnosAsync(all.State, all.CollectionId, CancellationToken.None),
        RecordedOperation.Map map => connection.GetClusterMapAsync(map.Known, CancellationToken.None),
        RecordedOperation.Manifest => connection.GetCollectionsManifestAsync(CancellationToken.None),
        _ => throw new InvalidOperationException($"{operation.Opcode}"),
    };

    private async Task<StreamRequestResult> OpenAsync(RecordedOperation.Stream stream)
    {
        var result = await connection.RequestStreamAsync(stream.Request, CancellationToken.None);
        if (result is StreamRequestResult.Opened opened)
            lock (_streams)
                _streams[stream.Frame] = ReplayedStream.Start(stream, opened);
        return result;
    }

    private async Task<Task> CloseAsync(RecordedOperation.Close close, List<(RecordedOperation Operation, Task Task)> answers)
    {
        await answers.Single(answer => ReferenceEquals(answer.Operation.Frame, close.Opened.Frame)).Task.InTimeAsync();
        var stream = _streams[close.Opened.Frame];
        await Eventually.HoldsAsync(() => stream.Count == close.EventsBefore, $"{close.EventsBefore} events of vbucket {close.Opened.Request.VBucket} before it is closed");
        return connection.CloseStreamAsync(stream.Opened.Source, CancellationToken.None);
    }

    private async Task CheckAsync(RecordedOperation operation, Task task)
    {
        if (recorded.AnswerTo(operation.Frame) is not { } answer)
        {
            // the recorded node hung up instead
            await Assert.ThrowsAsync<KvConnectionException>(() => task);
            return;
        }
        var frame = Frame.Read(answer.Bytes).Header.Status;
        switch (operation)
        {
            case RecordedOperation.Stream:
                CheckStream(answer, await (Task<StreamRequestResult>)task);
                break;
            case RecordedOperation.FailoverLogOf when frame is Status.Success or Status.NotMyVBucket:
                Assert.Equal(frame == Status.Success ? FailoverLogResponse.Read(Frame.Read(answer.Bytes)) : null, await (Task<FailoverLog?>)task);
                break;
            case RecordedOperation.Observe:
                CheckObserved(answer, await (Task<ObserveSeqnoResult>)task);
                break;
            case RecordedOperation.AllSeqnos when frame == Status.Success:
                Assert.Equal((answer.Bytes.Length - FrameHeader.Size) / 10, (await (Task<IReadOnlyDictionary<VBucketId, Seqno>>)task).Count);
                break;
            case RecordedOperation.Map when frame == Status.Success:
                Assert.NotNull(await (Task<ClusterMap?>)task);
                break;
            case RecordedOperation.Manifest when frame == Status.Success:
                Assert.NotEmpty((await (Task<CollectionsManifest>)task).Scopes);
                break;
            case RecordedOperation.Close:
                await task;
                break;
            default:
                // a refusal names its status
                var refusal = await Record.ExceptionAsync(() => task);
                Assert.Contains($"(0x{(ushort)frame:x2})", Assert.IsAssignableFrom<Exception>(refusal).Message, StringComparison.Ordinal);
                break;
        }
    }

    private static void CheckStream(RecordedFrame answer, StreamRequestResult result)
    {
        var frame = Frame.Read(answer.Bytes);
        switch (frame.Header.Status)
        {
            case Status.Success:
                Assert.Equal(FailoverLogResponse.Read(frame), Assert.IsType<StreamRequestResult.Opened>(result).FailoverLog);
                break;
            case Status.Rollback:
                Assert.Equal(new StreamRequestResult.Rollback(RollbackResponse.Read(frame)), result);
                break;
            case Status.NotMyVBucket:
                Assert.Equal(!frame.Value.IsEmpty, Assert.IsType<StreamRequestResult.NotMyVBucket>(result).Map is not null);
                break;
            default:
                var refused = Assert.IsType<StreamRequestResult.Refused>(result);
                Assert.Equal(frame.Header.Status, refused.Status);
                var words = ErrorBody.Read(frame);
                Assert.Equal((words.Context, words.Reference, words.ManifestUid), (refused.Context, refused.Reference, refused.ManifestUid));
                break;
        }
    }

    private static void CheckObserved(RecordedFrame answer, ObserveSeqnoResult result)
    {
        var frame = Frame.Read(answer.Bytes);
        switch (frame.Header.Status)
        {
            case Status.Success:
                Assert.Equal(new ObserveSeqnoResult.Observed(ObserveSeqnoResponse.Read(frame)), result);
                break;
            case Status.KeyNotFound:
                Assert.IsType<ObserveSeqnoResult.UnknownUuid>(result);
                break;
            case Status.NotMyVBucket:
                Assert.IsType<ObserveSeqnoResult.NotMyVBucket>(result);
                break;
            default:
                Assert.Equal(frame.Header.Status, Assert.IsType<ObserveSeqnoResult.Refused>(result).Status);
                break;
        }
    }

    private async Task EndsAsRecordedAsync(RecordedFrame frame, ReplayedStream stream)
    {
        var answers = recorded.AnswersTo(frame);
        if (recorded.Operations.OfType<RecordedOperation.Close>().Any(close => ReferenceEquals(close.Opened.Frame, frame)))
        {
            await stream.Draining.InTimeAsync();
            Assert.Equal(new StreamEnding.ByConsumer(), stream.Opened.Source.Ending);
        }
        else if (answers.FirstOrDefault(answer => answer.Is(Opcode.DcpStreamEnd)) is { } end)
        {
            await stream.Draining.InTimeAsync();
            Assert.Equal(new StreamEnding.ByProducer((StreamEndReason)end.Bytes[^1]), stream.Opened.Source.Ending);
        }
        else
        {
            var events = answers.Count(ReplayedStream.IsEvent);
            await Eventually.HoldsAsync(() => stream.Count >= events, $"{events} events of vbucket {stream.Asked.Request.VBucket}; {stream.Count} came");
        }
    }
}
