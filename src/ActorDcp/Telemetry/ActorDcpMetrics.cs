using System.Diagnostics;
using System.Diagnostics.Metrics;
using ActorDcp.Protocol;
using ActorDcp.Streams;

namespace ActorDcp.Telemetry;

/// <summary>
/// The instruments of a member, all of one meter. On the data path they are touched once a batch, never once an event. Gauges
/// read what is being watched when a collector asks. Thread-safe.
/// </summary>
internal sealed class ActorDcpMetrics
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "ActorDcp";

    private readonly Counter<long> _events;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _handlerDuration;
    private readonly Counter<long> _handlerFailures;
    private readonly Counter<long> _handlerRetries;
    private readonly Counter<long> _handlerSkips;
    private readonly Counter<long> _checkpoints;
    private readonly Counter<long> _checkpointFailures;
    private readonly Counter<long> _drainTimeouts;
    private readonly Counter<long> _stalls;
    private readonly Counter<long> _takeOvers;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _rollbacks;
    private readonly Counter<long> _reconnects;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _streamOpens;
    private readonly Counter<long> _streamEnds;
    private readonly Counter<long> _streamsParked;
    private readonly Counter<long> _discarded;
    private readonly Counter<long> _unknownFrames;
    private readonly UpDownCounter<long> _held;
    private readonly WatchList<IConnectionLevels> _connections = new();
    private readonly WatchList<VBucketProgress> _vbuckets = new();

    // from a counting handler to one that waits for another system; the exporter's own buckets begin at 5 s
    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [0.000_01, 0.000_1, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
    };

    public ActorDcpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _events = meter.CreateCounter<long>("actordcp.events", "{event}", "Events handled");
        _bytes = meter.CreateCounter<long>("actordcp.bytes", "By", "Bytes on the wire of handled events");
        _handlerDuration = meter.CreateHistogram<double>(
            "actordcp.handler.duration", "s", "Time that a handler took for a batch, mailbox included", tags: null, DurationBuckets);
        _handlerFailures = meter.CreateCounter<long>("actordcp.handler.failures", "{batch}", "Batches that a handler failed on");
        _handlerRetries = meter.CreateCounter<long>("actordcp.handler.retries", "{retry}", "Retries after a failure");
        _handlerSkips = meter.CreateCounter<long>("actordcp.handler.skips", "{event}", "Events left out after all retries");
        _checkpoints = meter.CreateCounter<long>("actordcp.checkpoints", "{checkpoint}", "Positions saved");
        _checkpointFailures = meter.CreateCounter<long>("actordcp.checkpoint.failures", "{try}", "Calls of the offset table that failed");
        _drainTimeouts = meter.CreateCounter<long>("actordcp.drain.timeouts", "{vbucket}", "VBuckets that left work or a position behind when they moved");
        _stalls = meter.CreateCounter<long>("actordcp.stalls", "{stream}", "Streams reopened because the node owed changes and sent none");
        _takeOvers = meter.CreateCounter<long>("actordcp.take_overs", "{vbucket}", "VBuckets taken over");
        _fenced = meter.CreateCounter<long>("actordcp.fenced", "{vbucket}", "VBuckets found to belong to another owner");
        _rollbacks = meter.CreateCounter<long>("actordcp.rollbacks", "{rollback}", "Times that a vbucket went back");
        _reconnects = meter.CreateCounter<long>("actordcp.reconnects", "{connection}", "Connections made again");
        _refusals = meter.CreateCounter<long>("actordcp.refusals", "{request}", "Connections and stream requests that a node refused, by status");
        _retries = meter.CreateCounter<long>("actordcp.retries", "{retry}", "What failed and is tried again with backoff, by what it is");
        _streamOpens = meter.CreateCounter<long>("actordcp.stream.opens", "{stream}", "Streams opened");
        _streamEnds = meter.CreateCounter<long>("actordcp.stream.ends", "{stream}", "Streams ended, by reason");
        _streamsParked = meter.CreateCounter<long>("actordcp.stream.parkings", "{stream}", "Streams closed for a while because their handler was slow");
        _discarded = meter.CreateCounter<long>("actordcp.discarded", "By", "Bytes of slow vbuckets dropped, to be read again, because window and parked budget were full");
        _unknownFrames = meter.CreateCounter<long>("actordcp.unknown_frames", "{frame}", "Frames of an unknown kind");
        _held = meter.CreateUpDownCounter<long>("actordcp.mitigation.held", "By", "Bytes on the wire of batches that wait until every copy has them on disk");
        CreateGauges(meter);
    }

    /// <summary>Spans of control steps (opening, taking over, rolling back); none are made on the data path.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>A vbucket whose lag counts until the result is disposed.</summary>
    public IDisposable Watch(VBucketProgress progress) => _vbuckets.Add(progress);

    /// <summary>A connection whose levels count until the result is disposed.</summary>
    public IDisposable Watch(IConnectionLevels connection) => _connections.Add(connection);

    public void Handled(int events, long bytes)
    {
        _events.Add(events);
        _bytes.Add(bytes);
    }

    public void HandlerTook(TimeSpan duration, bool succeeded)
    {
        _handlerDuration.Record(duration.TotalSeconds);
        if (!succeeded)
            _handlerFailures.Add(1);
    }

    public void HandlerRetried() => _handlerRetries.Add(1);

    public void HandlerSkipped() => _handlerSkips.Add(1);

    public void CheckpointsSaved(int count) => _checkpoints.Add(count);

    public void CheckpointFailed() => _checkpointFailures.Add(1);

    public void DrainTimedOut() => _drainTimeouts.Add(1);

    public void Stalled() => _stalls.Add(1);

    public void TookOver(int vbuckets) => _takeOvers.Add(vbuckets);

    public void Fenced(int vbuckets) => _fenced.Add(vbuckets);

    public void RolledBack(RollbackReason reason) =>
        _rollbacks.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void Reconnected(string node) => _reconnects.Add(1, new KeyValuePair<string, object?>("node", node));

    public void Refused(string node, Status status) => _refusals.Add(
        1, new KeyValuePair<string, object?>("node", node), new KeyValuePair<string, object?>("status", status.ToString()));

    public void Retried(RetriedWork work) => _retries.Add(1, new KeyValuePair<string, object?>("of", work.ToString()));

    public void StreamOpened() => _streamOpens.Add(1);

    public void StreamEnded(string reason) => _streamEnds.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void StreamParked() => _streamsParked.Add(1);

    public void Discarded(long bytes) => _discarded.Add(bytes);

    /// <summary>So many bytes more, or less, are held back by rollback mitigation. They stay in their connection's window meanwhile.</summary>
    public void Held(long bytes) => _held.Add(bytes);

    public void UnknownFrames(long count) => _unknownFrames.Add(count);

    private void CreateGauges(Meter meter)
    {
        CreateLevel(meter, "actordcp.connection.window", "Window that was agreed on", static levels => levels.Window);
        CreateLevel(
            meter, "actordcp.connection.unacknowledged", "Bytes received and not acknowledged", static levels => levels.Unacknowledged);
        CreateLevel(meter, "actordcp.connection.parked", "Bytes in the parked budget", static levels => levels.Parked);
        CreateLevel(meter, "actordcp.connection.pinned", "Bytes of memory held by batches not released", static levels => levels.Pinned);
        meter.CreateObservableGauge("actordcp.vbuckets", () => (long)_vbuckets.Items.Length, "{vbucket}", "VBuckets owned");
        meter.CreateObservableGauge("actordcp.lag", TotalLag, "{seqno}", "Seqnos known of and not handled, all vbuckets together");
        meter.CreateObservableGauge("actordcp.lag.max", LargestLag, "{seqno}", "Seqnos known of and not handled, the vbucket furthest behind");
    }

    private void CreateLevel(Meter meter, string name, string description, Func<IConnectionLevels, long> level) =>
        meter.CreateObservableGauge(
            name,
            () => _connections.Items.Select(
                connection => new Measurement<long>(level(connection), new KeyValuePair<string, object?>("node", connection.Node))),
            "By",
            description);

    private long TotalLag()
    {
        var lag = 0UL;
        foreach (var vbucket in _vbuckets.Items)
            lag += vbucket.Sample().Lag;
        return (long)Math.Min(lag, long.MaxValue);
    }

    private long LargestLag()
    {
        var lag = 0UL;
        foreach (var vbucket in _vbuckets.Items)
            lag = Math.Max(lag, vbucket.Sample().Lag);
        return (long)Math.Min(lag, long.MaxValue);
    }
}
