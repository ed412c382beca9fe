using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ActorDcp.Protocol.ClusterMaps;

/// <summary>Reads the JSON of a cluster map by the rules of dcp-reference.md 2.5.</summary>
internal static class ClusterMapJson
{
    private const string HostPlaceholder = "$HOST";
    private const int MaxReplicas = 3;

    internal static ClusterMap Parse(ReadOnlySpan<byte> json, string sourceHost)
    {
        ArgumentException.ThrowIfNullOrEmpty(sourceHost);
        // replaced before parsing, so that it may stand anywhere; an IPv6 literal needs its brackets before ":port"
        var host = sourceHost.Contains(':', StringComparison.Ordinal) && sourceHost[0] != '[' ? $"[{sourceHost}]" : sourceHost;
        var text = Encoding.UTF8.GetString(json).Replace(HostPlaceholder, JsonEncodedText.Encode(host).ToString(), StringComparison.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(text);
            return Read(document.RootElement, WithoutBrackets(host));
        }
        catch (Exception error) when (error
            is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ProtocolException($"the cluster map from {sourceHost} cannot be read", error);
        }
    }

    private static ClusterMap Read(JsonElement config, string sourceHost)
    {
        var revision = new ClusterMapRevision(
            config.TryGetProperty("revEpoch", out var epoch) ? epoch.GetInt64() : 0,
            config.TryGetProperty("rev", out var rev) ? rev.GetInt64() : 0);
        var hasMap = config.TryGetProperty("vBucketServerMap", out var serverMap);
        var hasVBuckets = TextOf(config, "nodeLocator") == "vbucket" && hasMap;
        var replicas = hasMap && serverMap.TryGetProperty("numReplicas", out var number) ? Math.Clamp(number.GetInt32(), 0, MaxReplicas) : 0;
        return new ClusterMap(
            revision, TextOf(config, "name"), TextOf(config, "uuid"), hasVBuckets, CapabilitiesOf(config), ManifestUidOf(config),
            NodesOf(config, hasMap ? serverMap : null, sourceHost), replicas,
            hasVBuckets ? MapOf(serverMap, "vBucketMap", replicas + 1) : [],
            hasVBuckets ? MapOf(serverMap, "vBucketMapForward", replicas + 1) : []);
    }

    private static FrozenSet<string> CapabilitiesOf(JsonElement config)
    {
        var capabilities = new HashSet<string>();
        foreach (var capability in ElementsOf(config, "bucketCapabilities"))
            capabilities.Add(capability.GetString() ?? "");
        return capabilities.ToFrozenSet();
    }

    private static ulong? ManifestUidOf(JsonElement config) =>
        ulong.TryParse(TextOf(config, "collectionsManifestUid"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var uid)
            ? uid
            : null;

    /// <summary>
    /// The nodes in the index space of the vbucket map. That is the order of <c>serverList</c>; where its entries cannot be found in
    /// <c>nodesExt</c>, it is the order of the key-value nodes there, without those that do not serve the bucket yet.
    /// </summary>
    private static ImmutableArray<ClusterMapNode> NodesOf(JsonElement config, JsonElement? serverMap, string sourceHost)
    {
        var servingCount = config.TryGetProperty("nodes", out var nodes) ? nodes.GetArrayLength() : int.MaxValue;
        var known = new List<ClusterMapNode>();
        var serving = ImmutableArray.CreateBuilder<ClusterMapNode>();
        foreach (var entry in ElementsOf(config, "nodesExt"))
        {
            var node = NodeOf(entry, sourceHost);
            if (node.Ports is { Kv: null, KvTls: null })
                continue;
            known.Add(node);
            if (known.Count <= servingCount)
                serving.Add(node);
        }
        var listed = serverMap is { } map ? ListedNodes(map, known) : default;
        return listed.IsDefault ? serving.ToImmutable() : listed;
    }

    private static ImmutableArray<ClusterMapNode> ListedNodes(JsonElement serverMap, List<ClusterMapNode> known)
    {
        var listed = ImmutableArray.CreateBuilder<ClusterMapNode>();
        foreach (var server in ElementsOf(serverMap, "serverList"))
        {
            if (!NodeAddress.TryParse(server.GetString() ?? "", out var address))
                return default;
            var node = known.Find(candidate => candidate.KvAddress(ClusterMap.DefaultNetwork, tls: false) == address);
            if (node is null && known.Count > 0)
                return default;
            // a very old config has no nodesExt at all
            listed.Add(node ?? new ClusterMapNode(address.Host, new NodePorts(address.Port, null, null, null), null, isSource: false, []));
        }
        return listed.Count == 0 ? default : listed.ToImmutable();
    }

    private static ClusterMapNode NodeOf(JsonElement entry, string sourceHost)
    {
        var host = WithoutBrackets(TextOf(entry, "hostname") ?? sourceHost);
        var ports = PortsOf(entry, "services");
        var alternates = new Dictionary<string, (string, NodePorts)>();
        if (entry.TryGetProperty("alternateAddresses", out var networks))
        {
            foreach (var network in networks.EnumerateObject())
            {
                if (TextOf(network.Value, "hostname") is { } name)
                    alternates[network.Name] = (WithoutBrackets(name), network.Value.TryGetProperty("ports", out _) ? PortsOf(network.Value, "ports") : ports);
            }
        }
        var isSource = entry.TryGetProperty("thisNode", out var flag) && flag.ValueKind == JsonValueKind.True;
        return new ClusterMapNode(host, ports, TextOf(entry, "nodeUUID"), isSource, alternates);
    }

    private static NodePorts PortsOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var ports)
            ? new NodePorts(PortOf(ports, "kv"), PortOf(ports, "kvSSL"), PortOf(ports, "mgmt"), PortOf(ports, "mgmtSSL"))
            : default;

    private static int? PortOf(JsonElement ports, string name) =>
        ports.TryGetProperty(name, out var port) && port.GetInt32() is var number and > 0 and <= ushort.MaxValue ? number : null;

    private static short[] MapOf(JsonElement serverMap, string name, int columns)
    {
        if (!serverMap.TryGetProperty(name, out var rows))
            return [];
        var count = rows.GetArrayLength();
        if (count > ushort.MaxValue + 1)
            throw new FormatException($"{name} has {count} vbuckets");
        var map = new short[count * columns];
        Array.Fill(map, (short)-1);
        var row = 0;
        foreach (var copies in rows.EnumerateArray())
        {
            var column = 0;
            foreach (var node in copies.EnumerateArray())
            {
                if (column == columns)
                    break;
                map[row * columns + column++] = node.GetInt16();
            }
            row++;
        }
        return map;
    }

    private static IEnumerable<JsonElement> ElementsOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var array) ? array.EnumerateArray() : Enumerable.Empty<JsonElement>();

    private static string? TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String && text.GetString() is { Length: > 0 } value
            ? value
            : null;

    private static string WithoutBrackets(string host) => host is ['[', .. var literal, ']'] ? literal : host;
}
