using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Client;

/// <summary>A node says by itself that the cluster map changed (dcp-reference.md 2.6).</summary>
/// <param name="Bucket">The bucket; empty for the map of the whole cluster, which says nothing about vbuckets.</param>
/// <param name="Revision">Version of the map.</param>
/// <param name="Map">The map; null when it has to be fetched.</param>
public sealed record ClusterMapPush(string Bucket, ClusterMapRevision Revision, ClusterMap? Map);
