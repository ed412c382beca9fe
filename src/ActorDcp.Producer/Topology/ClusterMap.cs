using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer.Topology;

/// <summary>The cluster map as the clients of one node get it (dcp-reference.md 2.5). Safe to use from any thread.</summary>
internal sealed class ClusterMap
{
    /// <summary>What a bucket can do. A node of Couchbase also names <c>couchapi</c> and <c>xdcrCheckpointing</c>, for which there is nothing here.</summary>
    private static readonly string[] Capabilities =
    [
        "collections", "durableWrite", "tombstonedUserXAttrs", "subdoc.ReplaceBodyWithXattr", "dcp", "cbhello", "touch", "cccp", "nodesExt", "xattr",
    ];

    private const int DefaultHttpPort = 8091;
    private readonly Lock _gate = new();
    private readonly ClusterTopology _topology;
    private readonly ProducerNode _self;
    private readonly BucketSettings _bucket;
    private readonly string _bucketUuid;
    private readonly string? _hostname;
    private ClusterMapVersion _written;
    private byte[]? _bucketJson;
    private byte[]? _globalJson;

    public ClusterMap(ClusterTopology topology, ProducerNode self, Bucket bucket, string host)
    {
        _topology = topology;
        _self = self;
        _bucket = bucket.Settings;
        _bucketUuid = bucket.Uuid;
        // a node that listens everywhere is known to each client under the address that client used
        var address = self.Endpoint.Address;
        _hostname = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? null : host;
    }

    public ClusterMapVersion Version => _topology.Version;

    /// <summary>The map with the bucket in it.</summary>
    public byte[] ForBucket() => Read(ref _bucketJson, withBucket: true);

    /// <summary>The map of nodes alone, for connections without a bucket.</summary>
    public byte[] Global() => Read(ref _globalJson, withBucket: false);

    /// <summary>Ends when the map is newer than a version.</summary>
    public Task WaitForNewerAsync(ClusterMapVersion known, CancellationToken cancellationToken) =>
        _topology.WaitForNewerAsync(known, cancellationToken);

    private byte[] Read(ref byte[]? kept, bool withBucket)
    {
        lock (_gate)
        {
            var (version, members, layout) = _topology.Look();
            if (version != _written)
                _bucketJson = _globalJson = null;
            _written = version;
            return kept ??= Write(version, members, layout, withBucket);
        }
    }

    private byte[] Write(ClusterMapVersion version, ImmutableArray<ProducerNode> members, VBucketLayout layout, bool withBucket)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("rev", version.Revision);
            json.WriteNumber("revEpoch", version.Epoch);
            if (withBucket)
                WriteBucket(json);
            WriteCapabilities(json);
            if (withBucket)
                WriteNodes(json, members);
            WriteNodesExt(json, members);
            if (withBucket)
                WriteMap(json, members, layout);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private void WriteBucket(Utf8JsonWriter json)
    {
        json.WriteString("name", _bucket.Name);
        json.WriteString("uuid", _bucketUuid);
        json.WriteString("nodeLocator", "vbucket");
        json.WriteString("uri", $"/pools/default/buckets/{Uri.EscapeDataString(_bucket.Name)}");
        json.WriteString("streamingUri", $"/pools/default/bucketsStreaming/{Uri.EscapeDataString(_bucket.Name)}");
        json.WriteString("bucketCapabilitiesVer", "");
        json.WriteStartArray("bucketCapabilities");
        foreach (var capability in Capabilities)
            json.WriteStringValue(capability);
        json.WriteEndArray();
        json.WriteString("collectionsManifestUid", _bucket.Collections.Current.Uid.ToString());
    }

    /// <summary>Of the cluster: none, as there are no services but data.</summary>
    private static void WriteCapabilities(Utf8JsonWriter json)
    {
        json.WriteStartArray("clusterCapabilitiesVer");
        json.WriteNumberValue(1);
        json.WriteNumberValue(0);
        json.WriteEndArray();
        json.WriteStartObject("clusterCapabilities");
        json.WriteEndObject();
    }

    private void WriteNodes(Utf8JsonWriter json, ImmutableArray<ProducerNode> members)
    {
        json.WriteStartArray("nodes");
        foreach (var node in members)
        {
            json.WriteStartObject();
            json.WriteString("hostname", $"{UrlHost()}:{node.HttpEndpoint?.Port ?? DefaultHttpPort}");
            json.WriteStartObject("ports");
            json.WriteNumber("direct", node.Endpoint.Port);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteNodesExt(Utf8JsonWriter json, ImmutableArray<ProducerNode> members)
    {
        json.WriteStartArray("nodesExt");
        foreach (var node in members)
            WriteNodeExt(json, node);
        json.WriteEndArray();
    }

    private void WriteNodeExt(Utf8JsonWriter json, ProducerNode node)
    {
        json.WriteStartObject();
        json.WriteStartObject("services");
        json.WriteNumber("kv", node.Endpoint.Port);
        if (node.TlsEndpoint is { } tls)
            json.WriteNumber("kvSSL", tls.Port);
        if (node.HttpEndpoint is { } http)
            json.WriteNumber("mgmt", http.Port);
        if (node.HttpsEndpoint is { } https)
            json.WriteNumber("mgmtSSL", https.Port);
        json.WriteEndObject();
        if (ReferenceEquals(node, _self))
            json.WriteBoolean("thisNode", true);
        if (_hostname is not null)
            json.WriteString("hostname", _hostname);
        if (node.External is { } external)
            WriteExternal(json, external);
        json.WriteEndObject();
    }

    private static void WriteExternal(Utf8JsonWriter json, DnsEndPoint external)
    {
        json.WriteStartObject("alternateAddresses");
        json.WriteStartObject("external");
        json.WriteString("hostname", external.Host);
        json.WriteStartObject("ports");
        json.WriteNumber("kv", external.Port);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteMap(Utf8JsonWriter json, ImmutableArray<ProducerNode> members, VBucketLayout layout)
    {
        json.WriteStartObject("vBucketServerMap");
        json.WriteString("hashAlgorithm", "CRC");
        json.WriteNumber("numReplicas", _topology.Replicas);
        json.WriteStartArray("serverList");
        foreach (var node in members)
            json.WriteStringValue($"{UrlHost()}:{node.Endpoint.Port}");
        json.WriteEndArray();
        var indexes = members.Select((node, index) => (node.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index);
        json.WriteStartArray("vBucketMap");
        for (var i = 0; i < layout.VBucketCount; i++)
            WriteChain(json, VBucketId.From(i), layout, members, indexes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>An active copy that takes no requests is nobody's, unless it moves: clients wait for the next map (dcp-reference.md 4.6).</summary>
    private static void WriteChain(
        Utf8JsonWriter json, VBucketId vbucket, VBucketLayout layout, ImmutableArray<ProducerNode> members, Dictionary<int, int> indexes)
    {
        json.WriteStartArray();
        var chain = layout.ChainOf(vbucket);
        for (var place = 0; place < chain.Length; place++)
        {
            var serves = indexes.TryGetValue(chain[place], out var index)
                && (place > 0 || members[index].Bucket.TryFind(vbucket) is { } copy && (copy.State == VBucketState.Active || copy.IsMoving));
            json.WriteNumberValue(serves ? index : VBucketLayout.Nobody);
        }
        json.WriteEndArray();
    }

    private string UrlHost() => _hostname switch
    {
        null => "$HOST",
        _ when IPAddress.TryParse(_hostname, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 => $"[{_hostname}]",
        _ => _hostname,
    };
}
