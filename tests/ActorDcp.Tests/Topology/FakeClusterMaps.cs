using System.Collections.Concurrent;
using System.Text;
using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Topology;

namespace ActorDcp.Tests.Topology;

/// <summary>Nodes that tell a cluster map, or refuse to.</summary>
internal sealed class FakeClusterMaps
{
    private readonly ConcurrentQueue<Source> _sources = new();
    private readonly ConcurrentQueue<KvEndpoint> _asked = new();

    public volatile ClusterMap Map = Of(1);

    /// <summary>Version that the last asker had.</summary>
    public ClusterMapRevision? Known { get; private set; }

    public ConcurrentDictionary<KvEndpoint, Exception> Refusals { get; } = [];

    public IReadOnlyList<KvEndpoint> Asked => [.. _asked];

    public IReadOnlyList<Source> Sources => [.. _sources];

    /// <summary>A map of two vbuckets on one node each.</summary>
    public static ClusterMap Of(int revision, string uuid = "aa", int first = 11_210, int second = 11_211, int epoch = 1) => ClusterMap.Parse(
        Encoding.UTF8.GetBytes($$$"""
            {"revEpoch":{{{epoch}}},"rev":{{{revision}}},"name":"default","uuid":"{{{uuid}}}","nodeLocator":"vbucket",
             "nodesExt":[{"services":{"kv":{{{first}}}},"hostname":"10.0.0.1"},{"services":{"kv":{{{second}}}},"hostname":"10.0.0.2"}],
             "vBucketServerMap":{"hashAlgorithm":"CRC","numReplicas":0,"serverList":["10.0.0.1:{{{first}}}","10.0.0.2:{{{second}}}"],
               "vBucketMap":[[0],[1]]}}
            """), "10.0.0.1");

    /// <summary>The same on two networks.</summary>
    public static ClusterMap WithAlternates(int revision) => ClusterMap.Parse(
        Encoding.UTF8.GetBytes($"{{\"revEpoch\":1,\"rev\":{revision}," + """
             "name":"default","uuid":"aa","nodeLocator":"vbucket",
             "nodesExt":[
               {"services":{"kv":11210},"hostname":"10.0.0.1","alternateAddresses":{"external":{"hostname":"a.example.com","ports":{"kv":31210}}}},
               {"services":{"kv":11211},"hostname":"10.0.0.2","alternateAddresses":{"external":{"hostname":"b.example.com","ports":{"kv":31211}}}}],
             "vBucketServerMap":{"hashAlgorithm":"CRC","numReplicas":0,"serverList":["10.0.0.1:11210","10.0.0.2:11211"],
               "vBucketMap":[[0],[1]]}}
            """), "10.0.0.1");

    public Task<IClusterMapSource> ConnectAsync(BootstrapSeed seed, Action<ClusterMap> pushed, CancellationToken cancellationToken)
    {
        _asked.Enqueue(seed.Endpoint);
        if (Refusals.TryGetValue(seed.Endpoint, out var refusal))
            return Task.FromException<IClusterMapSource>(refusal);
        var source = new Source(this, pushed);
        _sources.Enqueue(source);
        return Task.FromResult<IClusterMapSource>(source);
    }

    internal sealed class Source(FakeClusterMaps maps, Action<ClusterMap> pushed) : IClusterMapSource
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Completion => _ended.Task;

        public void Push(ClusterMap map) => pushed(map);

        public void End() => _ended.TrySetResult();

        public Task<ClusterMap?> GetAsync(ClusterMapRevision? known, CancellationToken cancellationToken)
        {
            maps.Known = known;
            return Task.FromResult(known is { } version && maps.Map.Revision <= version ? null : maps.Map)!;
        }

        public ValueTask DisposeAsync()
        {
            End();
            return ValueTask.CompletedTask;
        }
    }
}
