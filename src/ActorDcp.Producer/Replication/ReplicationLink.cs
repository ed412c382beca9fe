using System.Collections.Immutable;
using System.Net.Sockets;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Replication;

/// <summary>Keeps a node connected to one other that it is fed by: connects again, with growing delay, when the connection is lost.</summary>
internal sealed class ReplicationLink : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly ProducerNode _source;
    private readonly ProducerNode _self;
    private readonly ProducerCluster _cluster;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private ImmutableHashSet<VBucketId> _wanted = [];
    private readonly List<(VBucket Copy, TakeOver TakeOver)> _waiting = [];
    private ReplicationSession? _session;

    public ReplicationLink(ProducerNode source, ProducerNode self, ProducerCluster cluster)
    {
        _source = source;
        _self = self;
        _cluster = cluster;
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc cref="ReplicationSession.Feed"/>
    public void Feed(ImmutableHashSet<VBucketId> wanted)
    {
        lock (_gate)
        {
            _wanted = wanted;
            _session?.Feed(wanted);
        }
    }

    /// <summary>Lets go of all but these.</summary>
    public void Keep(ImmutableHashSet<VBucketId> wanted)
    {
        lock (_gate)
            Feed(_wanted.Intersect(wanted));
    }

    /// <summary>Lets go of one.</summary>
    public void Release(VBucketId vbucket)
    {
        lock (_gate)
        {
            foreach (var (_, takeOver) in _waiting.Where(waiting => waiting.Copy.Id == vbucket))
                takeOver.Fail("it was given up");
            _waiting.RemoveAll(waiting => waiting.Copy.Id == vbucket);
            Feed(_wanted.Remove(vbucket));
        }
    }

    /// <inheritdoc cref="ProducerNode.TakeOver"/>
    public Task TakeOver(VBucket copy, Action decide)
    {
        var takeOver = new TakeOver(decide);
        lock (_gate)
            if (_session is { } session)
                session.TakeOver(copy, takeOver);
            else
                _waiting.Add((copy, takeOver));
        return takeOver.Ended;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var delay = FirstDelay;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var session = await ReplicationSession.ConnectAsync(_source, _self, _cluster, _stop.Token);
                delay = FirstDelay;
                await RunAsync(session);
            }
            catch (Exception exception) when (exception is IOException or SocketException or ProtocolException or TimeoutException
                or OperationCanceledException or ObjectDisposedException)
            {
                if (!_stop.IsCancellationRequested)
                    _cluster.Log.ReplicationBroken(_self.Id, _source.Id, exception.Message);
            }
            catch (Exception exception)
            {
                _cluster.Log.ReplicationFailed(_self.Id, _source.Id, exception);
            }
            await WaitAsync(delay);
            delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
        }
    }

    private async Task RunAsync(ReplicationSession session)
    {
        lock (_gate)
        {
            _session = session;
            session.Feed(_wanted);
            foreach (var (copy, takeOver) in _waiting)
                session.TakeOver(copy, takeOver);
            _waiting.Clear();
        }
        try
        {
            await session.RunAsync(_stop.Token);
        }
        finally
        {
            lock (_gate)
                _session = null;
        }
    }

    private async Task WaitAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), _cluster.Options.TimeProvider, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // stopping; the loop sees it
        }
    }
}
