namespace ActorDcp.Client;

/// <summary>A node says by itself that the cluster map changed (dcp-reference.md 2.6).</summary>
/// <param name="Bucket">The bucket; empty for the map of the whole cluster, which says nothing about vbuckets.</param>
/// <param name="Epoch">Epoch of the map; 0 from old servers.</param>
/// <param name="Revision">Revision of the map within its epoch.</param>
/// <param name="Json">The map; empty when it has to be fetched.</param>
public sealed record ClusterMapPush(string Bucket, long Epoch, long Revision, string Json);
