using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Http;
using ActorDcp.Producer.Replication;
using ActorDcp.Producer.Storage;
using ActorDcp.Producer.Topology;

namespace ActorDcp.Producer.Nodes;

/// <summary>Start and stop. The cluster sees to it that only one of them is under way.</summary>
public sealed partial class ProducerNode
{
    private KvListener? _plain;
    private KvListener? _secure;
    private BucketStore? _store;
    private StoredBucket? _stored;

    /// <summary>Waits until everything written so far is durable; a node that is stopped writes nothing.</summary>
    internal Task FlushAsync(CancellationToken cancellationToken) => IsRunning ? Bucket.FlushAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Takes the ports and reads the folder. Returns what the folder holds.</summary>
    internal StoredBucket? Open()
    {
        (_plain, _secure) = _addresses.Bind();
        if (_folder is not null)
            (_store, _stored) = BucketStore.Open(_folder, _cluster.Settings, _cluster.Log, Faults.Plan);
        return _stored;
    }

    /// <summary>Makes the copies that the node has a role for. Without a folder, those of an earlier run stay.</summary>
    internal void Fill(string uuid, Func<VBucketId, VBucketState?> roleOf)
    {
        if (_bucket is not null && _store is null && !_cluster.Settings.Ephemeral)
        {
            _cluster.Settings.Collections.Attach(_bucket);
            return;
        }
        var bucket = new Bucket(_cluster.Settings, uuid, roleOf, _store, _stored);
        _stored = null;
        _store?.Start(bucket);
        Volatile.Write(ref _bucket, bucket);
    }

    /// <summary>Begins to serve.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        var services = new ProducerServices
        {
            Options = _cluster.Options,
            Node = this,
            Cluster = _cluster,
            Bucket = Bucket,
            Accounts = _cluster.Accounts,
            ClusterMap = new ClusterMap(_cluster.Topology, this, Bucket, _cluster.Options.Host),
            Faults = Faults.Plan,
            Connections = new ConnectionRegistry(),
            Log = _cluster.Log,
        };
        ProducerHttp? http = null;
        if (_addresses.Http is not null || _addresses.Https is not null)
        {
            http = await ProducerHttp.StartAsync(services, _addresses, cancellationToken);
            (_addresses.Http, _addresses.Https) = (http.Plain, http.Secure);
        }
        var run = new NodeRun(services, _plain!, _secure, http, new Replicator(this, _cluster));
        Volatile.Write(ref _run, run);
        run.Start(TickInterval);
        Follow();
    }

    /// <summary>Looks anew at which copies here are fed by whom.</summary>
    internal void Follow() => Volatile.Read(ref _run)?.Replicator.Follow();

    /// <summary>Feeds a copy no more. When this returns, nothing that is on its way reaches it.</summary>
    internal void Release(VBucket copy) => Volatile.Read(ref _run)?.Replicator.Release(copy);

    /// <summary>Lets a copy that another node feeds take over from there. Ends when it is active, and that node has been told.</summary>
    /// <param name="copy">A replica here.</param>
    /// <param name="source">The node that is active.</param>
    /// <param name="decide">Called once the copy has all, durably, and just before it becomes active.</param>
    /// <exception cref="IOException">It could not, or it is not known whether it has.</exception>
    internal Task TakeOver(VBucket copy, int source, Action decide) => Volatile.Read(ref _run)?.Replicator.TakeOver(copy, source, decide)
        ?? Task.FromException(new IOException($"node {Id} is stopped"));

    /// <summary>Stops: connections are closed; cleanly, everything written is made durable, else nothing more is.</summary>
    internal async Task StopAsync(bool clean)
    {
        if (Interlocked.Exchange(ref _run, null) is { } run)
            await run.StopAsync();
        _plain?.Dispose();
        _secure?.Dispose();
        _plain = _secure = null;
        if (_bucket is not null)
            _cluster.Settings.Collections.Detach(_bucket);
        var store = _store;
        _store = null;
        if (store is null)
            return;
        if (_bucket is null)
            store.Dispose();
        else if (clean)
            await store.CloseAsync();
        else
            await store.AbandonAsync();
    }
}
