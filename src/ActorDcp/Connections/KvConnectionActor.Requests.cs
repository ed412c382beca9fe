using ActorDcp.Client;
using ActorDcp.Topology;
using Akka.Actor;
using Status = ActorDcp.Protocol.Status;
using static ActorDcp.Connections.ConnectionProtocol;

namespace ActorDcp.Connections;

// Requests and their answers. Every stream that opens has an owner that was told of it, or is closed.
internal sealed partial class KvConnectionActor
{
    private void OnRequestStream(RequestStream request)
    {
        _leaving = false;
        var waiting = new Waiting(request.Request, request.Attempt, Sender, request.Progress);
        if (_connection is null)
            _waiting[request.Request.VBucket] = waiting;
        else
            Ask(request.Request.VBucket, waiting);
    }

    private void OnFetchFailoverLog(FetchFailoverLog fetch)
    {
        var waiting = new Waiting(null, fetch.Attempt, Sender);
        if (_connection is null)
            _waitingLogs[fetch.VBucket] = waiting;
        else
            AskLog(fetch.VBucket, waiting);
    }

    private void OnForget(ForgetRequest forget)
    {
        if (_waiting.TryGetValue(forget.VBucket, out var waiting) && waiting.Attempt == forget.Attempt)
            _waiting.Remove(forget.VBucket);
        else if (_asked.TryGetValue(forget.VBucket, out var attempt) && attempt == forget.Attempt)
            _forgotten.Add((forget.VBucket, forget.Attempt));
        else if (_opened.TryGetValue(forget.VBucket, out var opened) && opened.Attempt == forget.Attempt && _connection is { } connection)
        {
            _opened.Remove(forget.VBucket);
            Close(connection, opened.Stream);
        }
    }

    private void Ask(VBucketId vbucket, Waiting waiting)
    {
        var connection = _connection!;
        var cancel = _stopping.Token;
        _asked[vbucket] = waiting.Attempt;
        Request().PipeTo(Self);

        async Task<object> Request()
        {
            try
            {
                var result = await connection.RequestStreamAsync(waiting.Request!, cancel).ConfigureAwait(false);
                return new Answered(connection, vbucket, waiting, result);
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                waiting.Asker.Tell(new StreamRequestFailed(vbucket, waiting.Attempt, cause));
                return new StreamRequestFailed(vbucket, waiting.Attempt, cause);
            }
        }
    }

    private void AskLog(VBucketId vbucket, Waiting waiting)
    {
        var connection = _connection!;
        var cancel = _stopping.Token;
        Fetch().PipeTo(waiting.Asker, Self);

        async Task<object> Fetch()
        {
            try
            {
                var log = await connection.GetFailoverLogAsync(vbucket, cancel).ConfigureAwait(false);
                return log is null
                    ? new StreamRequestFailed(vbucket, waiting.Attempt, new KvConnectionException($"{connection.Endpoint} no longer has vbucket {vbucket}"))
                    : new FailoverLogFetched(vbucket, waiting.Attempt, log);
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new StreamRequestFailed(vbucket, waiting.Attempt, cause);
            }
        }
    }

    private void OnAnswered(Answered answered)
    {
        ForgetAsked(answered.VBucket, answered.Waiting.Attempt);
        if (_forgotten.Remove((answered.VBucket, answered.Waiting.Attempt)))
        {
            if (answered.Result is StreamRequestResult.Opened opened)
                Close(answered.Connection, opened.Source);
            return;
        }
        NoteRefusal(answered);
        if (answered.Result is StreamRequestResult.Opened { Source: var stream } && ReferenceEquals(answered.Connection, _connection))
            _opened[answered.VBucket] = new OpenStream(stream, answered.Waiting.Attempt, answered.Waiting.Asker, answered.Waiting.Progress!);
        answered.Waiting.Asker.Tell(new StreamAnswered(_node, answered.VBucket, answered.Waiting.Attempt, answered.Result));
    }

    private void NoteRefusal(Answered answered)
    {
        switch (answered.Result)
        {
            case StreamRequestResult.NotMyVBucket { Map: var map }:
                _metrics.Refused(_node.ToString(), Status.NotMyVBucket);
                if (map is not null)
                    _settings.Topology.Tell(new TopologyProtocol.Observed(map));
                break;
            case StreamRequestResult.Refused refused:
                _metrics.Refused(_node.ToString(), refused.Status);
                _refusals.Add(answered.VBucket, refused);
                _settings.Board.NoteRefusal(_node, $"refused to stream vbucket {answered.VBucket} with {refused.Words}", _settings.Time.GetUtcNow());
                break;
        }
    }

    private void OnRequestFailed(StreamRequestFailed failed)
    {
        ForgetAsked(failed.VBucket, failed.Attempt);
        _forgotten.Remove((failed.VBucket, failed.Attempt));
    }

    private void ForgetAsked(VBucketId vbucket, long attempt)
    {
        if (_asked.TryGetValue(vbucket, out var current) && current == attempt)
            _asked.Remove(vbucket);
    }

    private void OnCloseStream(ConnectionProtocol.CloseStream close)
    {
        if (_opened.TryGetValue(close.Stream.VBucket, out var opened) && ReferenceEquals(opened.Stream, close.Stream))
            _opened.Remove(close.Stream.VBucket);
        if (_connection is { } connection)
            Close(connection, close.Stream);
        LeaveWhenIdle();
    }

    private static bool IsGoing(Exception cause) => cause is KvConnectionException or OperationCanceledException or TimeoutException;

    private void Close(DcpConnection connection, DcpStream stream)
    {
        var cancel = _stopping.Token;
        _ = CloseAsync();

        async Task CloseAsync()
        {
            try
            {
                await connection.CloseStreamAsync(stream, cancel).ConfigureAwait(false);
            }
            catch (Exception cause) when (IsGoing(cause))
            {
                // the connection is going, and the stream with it
            }
        }
    }
}
