using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Topology;

/// <summary>The cluster map as clients get it (dcp-reference.md 2.5). Safe to use from any thread.</summary>
internal sealed class ClusterMap
{
    private const long Epoch = 1;
    private const int DefaultHttpPort = 8091;
    private readonly Lock _gate = new();
    private readonly Bucket _bucket;
    private readonly IPEndPoint _plain;
    private readonly IPEndPoint? _tls;
    private readonly string? _hostname;
    private long _revision = 1;
    private byte[]? _bucketJson;
    private byte[]? _globalJson;
    private int? _httpPort;
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClusterMap(Bucket bucket, string host, IPEndPoint plain, IPEndPoint? tls)
    {
        _bucket = bucket;
        _plain = plain;
        _tls = tls;
        // a node that listens everywhere is known to each client under the address that client used
        _hostname = plain.Address.Equals(IPAddress.Any) || plain.Address.Equals(IPAddress.IPv6Any) ? null : host;
    }

    public ClusterMapVersion Version
    {
        get
        {
            lock (_gate)
                return new ClusterMapVersion(Epoch, _revision);
        }
    }

    /// <summary>The map with the bucket in it.</summary>
    public byte[] ForBucket()
    {
        lock (_gate)
            return _bucketJson ??= Write(withBucket: true);
    }

    /// <summary>The map of nodes alone, for connections without a bucket.</summary>
    public byte[] Global()
    {
        lock (_gate)
            return _globalJson ??= Write(withBucket: false);
    }

    /// <summary>Something changed that clients must know: the next revision.</summary>
    public void Advance()
    {
        lock (_gate)
        {
            _revision++;
            _bucketJson = _globalJson = null;
            _advanced.SetResult();
            _advanced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Ends when the map is newer than a version.</summary>
    public Task WaitForNewerAsync(ClusterMapVersion known, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Version.CompareTo(known) > 0 ? Task.CompletedTask : _advanced.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Says where the node answers HTTP. Before the first client gets the map.</summary>
    public void SetHttpPort(int port)
    {
        lock (_gate)
        {
            _httpPort = port;
            _bucketJson = _globalJson = null;
        }
    }

    private byte[] Write(bool withBucket)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("rev", _revision);
            json.WriteNumber("revEpoch", Epoch);
            if (withBucket)
                WriteBucket(json);
            WriteNodes(json);
            if (withBucket)
                WriteMap(json);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private void WriteBucket(Utf8JsonWriter json)
    {
        json.WriteString("name", _bucket.Name);
        json.WriteString("uuid", _bucket.Uuid);
        json.WriteString("nodeLocator", "vbucket");
        json.WriteString("uri", $"/pools/default/buckets/{Uri.EscapeDataString(_bucket.Name)}");
        json.WriteString("streamingUri", $"/pools/default/bucketsStreaming/{Uri.EscapeDataString(_bucket.Name)}");
        json.WriteString("bucketCapabilitiesVer", "");
        json.WriteStartArray("bucketCapabilities");
        foreach (var capability in (string[])["collections", "dcp", "cccp", "nodesExt", "touch", "cbhello"])
            json.WriteStringValue(capability);
        json.WriteEndArray();
        json.WriteString("collectionsManifestUid", "0");
    }

    private void WriteNodes(Utf8JsonWriter json)
    {
        json.WriteStartArray("nodes");
        json.WriteStartObject();
        json.WriteString("hostname", $"{UrlHost()}:{_httpPort ?? DefaultHttpPort}");
        json.WriteStartObject("ports");
        json.WriteNumber("direct", _plain.Port);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();

        json.WriteStartArray("nodesExt");
        json.WriteStartObject();
        json.WriteStartObject("services");
        json.WriteNumber("kv", _plain.Port);
        if (_tls is not null)
            json.WriteNumber("kvSSL", _tls.Port);
        if (_httpPort is { } http)
            json.WriteNumber("mgmt", http);
        json.WriteEndObject();
        json.WriteBoolean("thisNode", true);
        if (_hostname is not null)
            json.WriteString("hostname", _hostname);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteMap(Utf8JsonWriter json)
    {
        json.WriteStartObject("vBucketServerMap");
        json.WriteString("hashAlgorithm", "CRC");
        json.WriteNumber("numReplicas", 0);
        json.WriteStartArray("serverList");
        json.WriteStringValue($"{UrlHost()}:{_plain.Port}");
        json.WriteEndArray();
        json.WriteStartArray("vBucketMap");
        foreach (var vbucket in _bucket.VBuckets)
        {
            json.WriteStartArray();
            json.WriteNumberValue(vbucket.State == VBucketState.Active ? 0 : -1);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private string UrlHost() => _hostname switch
    {
        null => "$HOST",
        _ when IPAddress.TryParse(_hostname, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 => $"[{_hostname}]",
        _ => _hostname,
    };
}
