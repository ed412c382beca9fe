using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ActorDcp.Producer.Connections;
using Microsoft.AspNetCore.Http;

namespace ActorDcp.Producer.Http;

/// <summary>The documents that are not terse: the same map, with what consoles and older clients show besides.</summary>
internal sealed class PoolDetails(ProducerServices services)
{
    /// <summary>The version that this node claims to be, in the form clients take apart.</summary>
    public const string Version = "7.6.11-0000-community";

    private const int CompatibleWith = (7 * 0x10000) + 6;

    public JsonObject Pools(bool isKnown) => new()
    {
        ["isAdminCreds"] = isKnown,
        ["isEnterprise"] = false,
        ["implementationVersion"] = Version,
        ["uuid"] = services.Bucket.Uuid,
        ["pools"] = isKnown
            ? new JsonArray(new JsonObject
            {
                ["name"] = "default",
                ["uri"] = $"/pools/default?uuid={services.Bucket.Uuid}",
                ["streamingUri"] = $"/poolsStreaming/default?uuid={services.Bucket.Uuid}",
            })
            : [],
        ["componentsVersion"] = new JsonObject { ["ns_server"] = Version },
    };

    public static JsonObject Who(string user) => new()
    {
        ["id"] = user,
        ["domain"] = "local",
        ["roles"] = new JsonArray(new JsonObject { ["role"] = "admin" }),
    };

    public JsonObject Pool(HttpRequest request)
    {
        var map = Parse(services.ClusterMap.ForBucket(), request);
        return new JsonObject
        {
            ["name"] = "default",
            ["clusterName"] = "",
            ["nodes"] = Nodes(map),
            ["buckets"] = new JsonObject
            {
                ["uri"] = "/pools/default/buckets",
                ["terseBucketsBase"] = "/pools/default/b/",
                ["terseStreamingBucketsBase"] = "/pools/default/bs/",
            },
            ["bucketNames"] = new JsonArray(new JsonObject { ["bucketName"] = services.Bucket.Name, ["uuid"] = services.Bucket.Uuid }),
            ["nodeServicesUri"] = "/pools/default/nodeServices",
            ["rebalanceStatus"] = "none",
            ["balanced"] = true,
        };
    }

    public JsonObject Bucket(HttpRequest request)
    {
        var map = Parse(services.ClusterMap.ForBucket(), request);
        var bucket = services.Cluster.Bucket;
        var uri = $"/pools/default/buckets/{Uri.EscapeDataString(bucket.Name)}";
        return new JsonObject
        {
            ["name"] = bucket.Name,
            ["uuid"] = bucket.Uuid,
            ["bucketType"] = services.Options.Ephemeral ? "ephemeral" : "membase",
            ["storageBackend"] = services.Options.Ephemeral ? "undefined" : "couchstore",
            ["evictionPolicy"] = services.Options.Ephemeral ? "noEviction" : "fullEviction",
            ["conflictResolutionType"] = services.Options.LastWriteWins ? "lww" : "seqno",
            ["durabilityMinLevel"] = "none",
            ["compressionMode"] = "passive",
            ["maxTTL"] = 0,
            ["nodeLocator"] = "vbucket",
            ["numVBuckets"] = bucket.VBucketCount,
            ["replicaNumber"] = map["vBucketServerMap"]!["numReplicas"]!.DeepClone(),
            ["uri"] = $"{uri}?bucket_uuid={bucket.Uuid}",
            ["streamingUri"] = $"/pools/default/bucketsStreaming/{Uri.EscapeDataString(bucket.Name)}?bucket_uuid={bucket.Uuid}",
            ["basicStats"] = new JsonObject { ["itemCount"] = services.Cluster.Bucket.DocumentCount },
            ["bucketCapabilitiesVer"] = "",
            ["bucketCapabilities"] = map["bucketCapabilities"]!.DeepClone(),
            ["collectionsManifestUid"] = map["collectionsManifestUid"]!.DeepClone(),
            ["nodes"] = Nodes(map),
            ["vBucketServerMap"] = map["vBucketServerMap"]!.DeepClone(),
        };
    }

    /// <summary>A node that listens everywhere is known by the address it was asked at.</summary>
    private static JsonObject Parse(byte[] map, HttpRequest request) =>
        JsonNode.Parse(System.Text.Encoding.UTF8.GetString(map).Replace("$HOST", request.Host.Host, StringComparison.Ordinal))!.AsObject();

    private static JsonArray Nodes(JsonObject map) => new([.. map["nodesExt"]!.AsArray().Zip(map["nodes"]!.AsArray()).Select(pair => Node(pair.First!, pair.Second!))]);

    private static JsonObject Node(JsonNode services, JsonNode node)
    {
        var ports = new JsonObject { ["direct"] = services["services"]!["kv"]!.DeepClone() };
        if (services["services"]!["kvSSL"] is { } tls)
            ports["sslDirect"] = tls.DeepClone();
        if (services["services"]!["mgmtSSL"] is { } https)
            ports["httpsMgmt"] = https.DeepClone();
        var detail = new JsonObject
        {
            ["hostname"] = node["hostname"]!.DeepClone(),
            ["configuredHostname"] = node["hostname"]!.DeepClone(),
            ["ports"] = ports,
            ["services"] = new JsonArray("kv"),
            ["status"] = "healthy",
            ["clusterMembership"] = "active",
            ["recoveryType"] = "none",
            ["version"] = Version,
            ["clusterCompatibility"] = CompatibleWith,
            ["os"] = RuntimeInformation.RuntimeIdentifier,
        };
        if (services["thisNode"] is { } isThis)
            detail["thisNode"] = isThis.DeepClone();
        return detail;
    }
}
