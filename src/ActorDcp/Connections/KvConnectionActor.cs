using ActorDcp.Client;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using Microsoft.Extensions.Logging;
using static ActorDcp.Connections.ConnectionProtocol;

namespace ActorDcp.Connections;

/// <summary>
/// The life of the one socket to a Couchbase data node: connects, asks for streams, polls high seqnos, and reconnects with backoff
/// for as long as anybody wants something from the node. What is asked while there is no connection waits here, at most one request
/// a vbucket.
/// <code>
///    asked            handshake done            connection ended
///  ───────► Connecting ─────────────► Ready ───────────────────► Backing off ──► Connecting
///               │ refused                                            ▲
///               └────────────────────────────────────────────────────┘
/// </code>
/// </summary>
internal sealed partial class KvConnectionActor : UntypedActor, IWithTimers
{
    private readonly KvEndpoint _node;
    private readonly ConnectionSettings _settings;
    private readonly ActorDcpMetrics _metrics;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<VBucketId, Waiting> _waiting = [];
    private readonly Dictionary<VBucketId, Waiting> _waitingLogs = [];
    private readonly Dictionary<VBucketId, long> _asked = [];
    private readonly Dictionary<VBucketId, OpenStream> _opened = [];
    private readonly HashSet<(VBucketId, long)> _forgotten = [];
    private Task<object>? _connecting;
    private IDisposable? _levels;
    private long _unknownFrames;
    private RetrySchedule _retries;
    private readonly RefusalLog _refusals;
    private DcpConnection? _connection;
    private bool _leaving;

    public KvConnectionActor(KvEndpoint node, ConnectionSettings settings, ActorDcpMetrics metrics)
    {
        _node = node;
        _settings = settings;
        _metrics = metrics;
        _retries = settings.Retries;
        _refusals = new RefusalLog(node, _log, settings.Time);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Connect();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _levels?.Dispose();
        if (_connection is { } connection)
            Dispose(connection);
        // one that is just being made meets nobody
        _connecting?.ContinueWith(
            done =>
            {
                if (done.Result is Connected late)
                    Dispose(late.Connection);
            },
            TaskScheduler.Default);
        _settings.Board.Remove(_node, _connection);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestStream request: OnRequestStream(request); break;
            case FetchFailoverLog fetch: OnFetchFailoverLog(fetch); break;
            case ForgetRequest forget: OnForget(forget); break;
            case ConnectionProtocol.CloseStream close: OnCloseStream(close); break;
            case ConnectionProtocol.Stop: OnStop(); break;
            case NodesChanged changed: OnNodesChanged(changed); break;
            case Connected connected: OnConnected(connected.Connection); break;
            case ConnectFailed failed: OnConnectFailed(failed.Cause); break;
            case Ended ended: OnEnded(ended); break;
            case Answered answered: OnAnswered(answered); break;
            case StreamRequestFailed failed: OnRequestFailed(failed); break;
            case Reconnect: Connect(); break;
            case Poll: OnPoll(); break;
            case Polled polled: OnPolled(polled); break;
            case Relief: Relieve(); break;
            default: Unhandled(message); break;
        }
    }

    private void Connect()
    {
        if (_connection is not null || _connecting is not null)
            return;
        var options = _settings.OptionsFor(_node);
        var cancel = _stopping.Token;
        _connecting = Open();
        _connecting.PipeTo(Self);

        async Task<object> Open()
        {
            try
            {
                var connection = await DcpConnection.OpenAsync(options, _settings.Time, _settings.Logger, cancel).ConfigureAwait(false);
                try
                {
                    await CheckBucketAsync(connection, cancel).ConfigureAwait(false);
                    return new Connected(connection);
                }
                catch
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new ConnectFailed(cause);
            }
        }
    }

    /// <summary>Positions mean nothing on a bucket that was made anew under the same name: streams would begin at 0 without a word.</summary>
    private async Task CheckBucketAsync(DcpConnection connection, CancellationToken cancellationToken)
    {
        var map = await connection.GetClusterMapAsync(known: null, cancellationToken).ConfigureAwait(false);
        if (map is null)
            return;
        _settings.Topology.Tell(new TopologyProtocol.Observed(map), ActorRefs.NoSender);
        if (map.BucketUuid is { } uuid && uuid != _settings.BucketUuid)
        {
            throw new KvConfigurationException(
                $"the bucket was made anew: it is {uuid} now, the group's positions belong to {_settings.BucketUuid}; start a group under another name, or restore the bucket");
        }
    }

    private void OnConnected(DcpConnection connection)
    {
        _connecting = null;
        _connection = connection;
        _unknownFrames = 0;
        _levels = _metrics.Watch(new ConnectionLevels(connection));
        _log.Info("connected to {0}", _node);
        _settings.Board.Set(_node, connection);
        var topology = _settings.Topology;
        connection.ClusterMapPushed += push =>
        {
            if (push.Map is { } map)
                topology.Tell(new TopologyProtocol.Observed(map));
        };
        connection.Completion.ContinueWith(
            done => new Ended(connection, done.Result), TaskScheduler.Default).PipeTo(Self);
        foreach (var (vbucket, waiting) in _waiting)
            Ask(vbucket, waiting);
        _waiting.Clear();
        foreach (var (vbucket, waiting) in _waitingLogs)
            AskLog(vbucket, waiting);
        _waitingLogs.Clear();
        Self.Tell(Poll.Instance);
        Timers.StartPeriodicTimer(nameof(Relief), Relief.Instance, ReliefPeriod);
    }

    private void OnConnectFailed(Exception cause)
    {
        _connecting = null;
        var delay = NextRetry();
        _metrics.Reconnected(_node.ToString());
        if (cause is KvConnectionException { Status: { } refused })
            _metrics.Refused(_node.ToString(), refused);
        else if (cause is KvConfigurationException { Status: { } denied })
            _metrics.Refused(_node.ToString(), denied);
        _log.Warning("{0} cannot be used (next try in {1:0.0} s): {2}", _node, delay.TotalSeconds, cause.Message);
        _settings.Board.SetFailure(_node, cause.Message, _settings.Time.GetUtcNow());
        _settings.Topology.Tell(new TopologyProtocol.Refresh());
        FailWaiting(cause);
        Backoff(delay);
    }

    private void OnEnded(Ended ended)
    {
        if (!ReferenceEquals(ended.Connection, _connection))
            return;
        _connection = null;
        _levels?.Dispose();
        _opened.Clear();
        _settings.Board.SetFailure(_node, ended.Cause?.Message ?? "closed", _settings.Time.GetUtcNow());
        Dispose(ended.Connection);
        Timers.Cancel(nameof(Poll));
        Timers.Cancel(nameof(Relief));
        var delay = NextRetry();
        _metrics.Reconnected(_node.ToString());
        _log.Warning("the connection to {0} ended (next try in {1:0.0} s): {2}", _node, delay.TotalSeconds, ended.Cause?.Message ?? "closed");
        _settings.Topology.Tell(new TopologyProtocol.Refresh());
        Backoff(delay);
    }

    private void Backoff(TimeSpan delay)
    {
        if (_leaving && _waiting.Count == 0)
            Context.Parent.Tell(new Idle(_node));
        else
            Timers.StartSingleTimer(nameof(Reconnect), Reconnect.Instance, delay);
    }

    private void OnNodesChanged(NodesChanged changed)
    {
        _leaving = !changed.Nodes.Contains(_node);
        if (!_leaving)
            return;
        FailWaiting(Gone());
        LeaveWhenIdle();
    }

    /// <summary>A node that left the map keeps its connection only while streams run on it.</summary>
    private void LeaveWhenIdle()
    {
        if (_leaving && _asked.Count == 0 && (_connection is null || _connection.Statistics.Streams == 0))
            Context.Parent.Tell(new Idle(_node));
    }

    private void OnStop()
    {
        FailWaiting(Gone());
        Context.Stop(Self);
    }

    private KvConnectionException Gone() => new($"{_node} is no longer part of the cluster map");

    private void FailWaiting(Exception cause)
    {
        foreach (var (vbucket, waiting) in _waiting.Concat(_waitingLogs))
            waiting.Asker.Tell(new StreamRequestFailed(vbucket, waiting.Attempt, cause));
        _waiting.Clear();
        _waitingLogs.Clear();
    }

    private void OnPoll()
    {
        if (_connection is not { } connection)
            return;
        LeaveWhenIdle();
        var unknown = connection.Statistics.Transport.UnknownFrames;
        _metrics.UnknownFrames(unknown - _unknownFrames);
        _unknownFrames = unknown;
        var filter = _settings.Filter.Current;
        var cancel = _stopping.Token;
        Read().PipeTo(Self);

        async Task<object> Read()
        {
            try
            {
                return new Polled(await FilteredHighSeqnos.ReadAsync(connection, filter, cancel).ConfigureAwait(false));
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new Polled(null);
            }
        }
    }

    private void OnPolled(Polled polled)
    {
        if (polled.Seqnos is not null)
            foreach (var (vbucket, high) in polled.Seqnos)
                _settings.HighSeqnos.Polled(vbucket, high);
        if (_connection is not null)
            Timers.StartSingleTimer(nameof(Poll), Poll.Instance, _settings.HighSeqnoPoll * (0.9 + 0.2 * Random.Shared.NextDouble()));
    }

    private TimeSpan NextRetry()
    {
        _metrics.Retried(RetriedWork.Connection);
        return RetrySchedule.Fail(ref _retries, _settings.Time.GetUtcNow());
    }

    private static void Dispose(DcpConnection connection) => _ = connection.DisposeAsync().AsTask();

    private sealed record Waiting(StreamRequest? Request, long Attempt, IActorRef Asker, VBucketProgress? Progress = null);

    private sealed record Connected(DcpConnection Connection) : INoSerializationVerificationNeeded;

    private sealed record ConnectFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Ended(DcpConnection Connection, Exception? Cause) : INoSerializationVerificationNeeded;

    private sealed record Answered(DcpConnection Connection, VBucketId VBucket, Waiting Waiting, StreamRequestResult Result) : INoSerializationVerificationNeeded;

    private sealed record Polled(IReadOnlyDictionary<VBucketId, Seqno>? Seqnos) : INoSerializationVerificationNeeded;

    private sealed class Reconnect : INoSerializationVerificationNeeded
    {
        public static readonly Reconnect Instance = new();
    }

    private sealed class Poll : INoSerializationVerificationNeeded
    {
        public static readonly Poll Instance = new();
    }
}
