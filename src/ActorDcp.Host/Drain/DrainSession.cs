using System.Threading.Channels;
using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Host.Drain;

/// <summary>
/// Streams a bucket to an output without a cluster. Every vbucket has a task that opens its stream, and opens it again where it
/// stood; one writer takes batches from whichever stream has some, so that events need neither locks nor copies.
/// </summary>
internal sealed class DrainSession : IAsyncDisposable
{
    /// <summary>How many stream requests may be under way.</summary>
    private const int ConcurrentRequests = 64;

    private readonly DrainOptions _options;
    private readonly IDrainOutput _output;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly DrainNodes _nodes;
    private readonly DrainPlan _plan;
    private readonly SemaphoreSlim _requests = new(ConcurrentRequests);
    private readonly Channel<VBucketDrain> _ready = Channel.CreateUnbounded<VBucketDrain>(new UnboundedChannelOptions { SingleReader = true });
    private StreamFilter? _filter;
    private long _quota;

    public DrainSession(DrainOptions options, IDrainOutput output, TimeProvider time, ILogger log)
    {
        _options = options;
        _output = output;
        _time = time;
        _log = log;
        _nodes = new DrainNodes(options, time, log);
        _plan = new DrainPlan(options, _nodes);
        _quota = options.Until is DrainEnd.Count count ? count.Items : long.MaxValue;
    }

    public DrainCounters Counters { get; } = new();

    /// <summary>Its vbuckets; empty until the bucket is known.</summary>
    public IReadOnlyList<VBucketDrain> VBuckets { get; private set; } = [];

    /// <summary>Seqnos to go over altogether; null without an end.</summary>
    public long? TotalSeqnos { get; private set; }

    /// <summary>Where every vbucket stands. Not while it runs.</summary>
    public OffsetsFile Offsets => new(
        _options.Bucket, _nodes.Map.BucketUuid ?? "", VBuckets.ToDictionary(vbucket => vbucket.Id, vbucket => vbucket.Position));

    /// <summary>Streams until everything wanted is written, and flushes in any case.</summary>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        await _nodes.BootstrapAsync(stopping).ConfigureAwait(false);
        _filter = await _plan.FilterAsync(stopping).ConfigureAwait(false);
        var parts = await _plan.MakeAsync(stopping).ConfigureAwait(false);
        VBuckets = [.. parts.Select(part => new VBucketDrain(part.VBucket, part.From, part.Until, _ready.Writer))];
        if (_options.Until is DrainEnd.Now or DrainEnd.At)
            TotalSeqnos = (long)parts.Aggregate(0UL, (sum, part) => sum + (part.Until > part.From.Seqno ? part.Until.Value - part.From.Seqno.Value : 0));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var stopPolling = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var failures = new List<Exception>();
        var polling = GuardAsync(_nodes.PollAsync(stopPolling.Token), stop, failures);
        var writer = Task.Run(() => GuardAsync(WriteAsync(stop), stop, failures), CancellationToken.None);
        await Task.WhenAll(VBuckets.Select(vbucket => GuardAsync(StreamAsync(vbucket, stop.Token), stop, failures))).ConfigureAwait(false);
        _ready.Writer.Complete();
        await writer.ConfigureAwait(false);
        await stopPolling.CancelAsync().ConfigureAwait(false);
        await polling.ConfigureAwait(false);
        lock (failures)
            if (failures.Count > 0)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures[0]);
        stopping.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync().ConfigureAwait(false);
        _requests.Dispose();
    }

    /// <summary>The first failure ends all; being stopped is no failure.</summary>
    private static async Task GuardAsync(Task work, CancellationTokenSource stop, List<Exception> failures)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // kept and thrown by RunAsync
        catch (Exception e)
#pragma warning restore CA1031
        {
            lock (failures)
                failures.Add(e);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(CancellationTokenSource stop)
    {
        var reader = _ready.Reader;
        try
        {
            while (await reader.WaitToReadAsync(stop.Token).ConfigureAwait(false))
            {
                Counters.Begin(_time);
                while (!stop.IsCancellationRequested && reader.TryRead(out var vbucket))
                {
                    _quota -= vbucket.TakeTurn(_output, _quota, Counters);
                    if (_quota == 0)
                        await stop.CancelAsync().ConfigureAwait(false);
                }
                _output.Flush();
            }
        }
        finally
        {
            _output.Flush();
        }
    }

    private async Task StreamAsync(VBucketDrain vbucket, CancellationToken stopping)
    {
        var backoff = new DrainBackoff(_time);
        while (!vbucket.IsDone)
        {
            try
            {
                if (!await StreamOnceAsync(vbucket, backoff, stopping).ConfigureAwait(false))
                    return;
            }
            catch (KvConnectionException e)
            {
                DrainLog.Continues(_log, vbucket.Id, vbucket.Position, e.Message);
                await backoff.WaitAsync(stopping).ConfigureAwait(false);
                await _nodes.RefreshAsync(stopping).ConfigureAwait(false);
            }
        }
    }

    /// <returns>False when there is nothing more to come.</returns>
    private async Task<bool> StreamOnceAsync(VBucketDrain vbucket, DrainBackoff backoff, CancellationToken stopping)
    {
        var connection = await _nodes.ConnectAsync(vbucket.Id, stopping).ConfigureAwait(false);
        switch (await RequestAsync(connection, vbucket, stopping).ConfigureAwait(false))
        {
            case StreamRequestResult.Opened opened:
                return await FollowAsync(connection, vbucket, opened, backoff, stopping).ConfigureAwait(false);
            case StreamRequestResult.Rollback rollback:
                await GoBackAsync(connection, vbucket, rollback.Seqno, stopping).ConfigureAwait(false);
                return true;
            case StreamRequestResult.NotMyVBucket moved:
                _nodes.Learn(moved.Map);
                await backoff.WaitAsync(stopping).ConfigureAwait(false);
                await _nodes.RefreshAsync(stopping).ConfigureAwait(false);
                return true;
            // a seqno from the future without a rollback: what we have is worth nothing (dcp-reference.md 3.3)
            case StreamRequestResult.Refused { Status: Status.OutOfRange } when vbucket.Position.Seqno > Seqno.Zero:
                await GoBackAsync(connection, vbucket, Seqno.Zero, stopping).ConfigureAwait(false);
                return true;
            case StreamRequestResult.Refused refused when refused.Meaning.IsRetried:
                DrainLog.RefusedForNow(_log, vbucket.Id, refused.Words);
                await backoff.WaitAsync(stopping).ConfigureAwait(false);
                if (refused.Meaning.Course == StatusCourse.NewMap)
                    await _nodes.RefreshAsync(stopping).ConfigureAwait(false);
                return true;
            case StreamRequestResult.Refused refused:
                throw new FailureException(
                    $"{connection.Endpoint} refused to stream vbucket {vbucket.Id} with {refused.Words}; {refused.Meaning.Mend}");
            default:
                throw new InvalidOperationException("a stream request has no such result");
        }
    }

    private async Task<StreamRequestResult> RequestAsync(DcpConnection connection, VBucketDrain vbucket, CancellationToken stopping)
    {
        await _requests.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            var request = new StreamRequest(vbucket.Id, vbucket.Position, vbucket.RequestedEnd, _filter);
            return await connection.RequestStreamAsync(request, stopping).ConfigureAwait(false);
        }
        finally
        {
            _requests.Release();
        }
    }

    private async Task<bool> FollowAsync(
        DcpConnection connection, VBucketDrain vbucket, StreamRequestResult.Opened opened, DrainBackoff backoff, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var leaving = LeaveWhenMovedAsync(connection, opened.Source, ended.Token);
        StreamEnding? ending;
        try
        {
            ending = await vbucket.StreamAsync(opened.Source, opened.FailoverLog, stopping).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await leaving.ConfigureAwait(false);
        }
        switch (ending)
        {
            case null:
                await connection.CloseStreamAsync(opened.Source, stopping).ConfigureAwait(false);
                return false;
            case StreamEnding.ByProducer { Reason: StreamEndReason.Ok or StreamEndReason.FilterEmpty }:
                return false;
            case StreamEnding.ByProducer { Reason: StreamEndReason.LostPrivileges }:
                throw new FailureException($"the user may no longer read vbucket {vbucket.Id} of bucket \"{_options.Bucket}\": {StatusMeaning.Of(Status.NoAccess).Mend}");
            case StreamEnding.ByProducer byProducer:
                DrainLog.EndedByNode(_log, vbucket.Id, vbucket.Position, byProducer.Reason);
                await backoff.WaitAsync(stopping).ConfigureAwait(false);
                await _nodes.RefreshAsync(stopping).ConfigureAwait(false);
                return true;
            default:
                return true;
        }
    }

    /// <summary>What is queued is dropped with the stream, and comes again from the new node.</summary>
    private async Task LeaveWhenMovedAsync(DcpConnection connection, DcpStream stream, CancellationToken ended)
    {
        try
        {
            await _nodes.MovedAsync(stream.VBucket, connection.Endpoint, ended).ConfigureAwait(false);
            DrainLog.Moved(_log, stream.VBucket, connection.Endpoint);
            await connection.CloseStreamAsync(stream, ended).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or KvConnectionException or KvConfigurationException)
        {
            // it ended by itself, or its connection did
        }
    }

    private async Task GoBackAsync(DcpConnection connection, VBucketDrain vbucket, Seqno to, CancellationToken stopping)
    {
        var asked = vbucket.Position;
        var log = await connection.GetFailoverLogAsync(vbucket.Id, stopping).ConfigureAwait(false)
            ?? throw new KvConnectionException($"vbucket {vbucket.Id} has just moved");
        var all = await connection.GetAllVBucketSeqnosAsync(VBucketStateFilter.Active, null, stopping).ConfigureAwait(false);
        var high = all.TryGetValue(vbucket.Id, out var seqno) ? seqno : Seqno.Zero;
        var plan = RollbackPlan.Decide(new RollbackQuestion(
            asked, to, asked.Seqno, vbucket.Accepted, vbucket.Boundaries.ToRetained(), log, high));
        // what the drain was to reach may have died with the branch
        if (_options.Until is DrainEnd.Now)
            vbucket.Until = Seqno.Smaller(vbucket.Until, high);
        DrainLog.GoesBack(_log, vbucket.Id, plan.From, plan.Resume.Seqno, plan.Reason);
        vbucket.GoBack(plan);
    }
}
