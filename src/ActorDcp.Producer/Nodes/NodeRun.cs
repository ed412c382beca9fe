using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Http;
using ActorDcp.Producer.Replication;

namespace ActorDcp.Producer.Nodes;

/// <summary>A node from one start to the next stop: its listeners, timers and what feeds it.</summary>
internal sealed class NodeRun(ProducerServices services, KvListener plain, KvListener? secure, ProducerHttp? http, Replicator replicator)
{
    private ITimer? _tick;
    private ITimer? _expiryPager;

    public ProducerServices Services => services;

    public Replicator Replicator => replicator;

    public void Start(TimeSpan tickInterval)
    {
        _tick = services.Time.CreateTimer(_ => Tick(), null, tickInterval, tickInterval);
        var paging = services.Options.ExpiryPagerInterval;
        _expiryPager = services.Time.CreateTimer(_ => Page(), null, paging, paging);
        plain.Start(services);
        secure?.Start(services);
        services.Log.Started(services.Bucket.Name, services.Bucket.VBucketCount, plain.EndPoint);
    }

    public async Task StopAsync()
    {
        await replicator.DisposeAsync();
        if (_tick is not null)
            await _tick.DisposeAsync();
        if (_expiryPager is not null)
            await _expiryPager.DisposeAsync();
        if (http is not null)
            await http.DisposeAsync();
        await plain.StopAsync();
        if (secure is not null)
            await secure.StopAsync();
    }

    /// <summary>Expires what is due; what a bucket on disk compacts, one without a disk deduplicates now (dcp-reference.md 5.10).</summary>
    private void Page()
    {
        services.Bucket.RunExpiryPager();
        if (services.Bucket.Settings.Ephemeral)
            services.Bucket.Compact();
    }

    private void Tick()
    {
        foreach (var connection in services.Connections.All)
            connection.Tick();
        services.Bucket.PumpSyncWrites();
    }
}
