namespace ActorDcp.Protocol.ClusterMaps;

/// <summary>Ports of a node on one network; null where it does not offer the service.</summary>
/// <param name="Kv">Key-value and DCP.</param>
/// <param name="KvTls">The same over TLS.</param>
/// <param name="Management">HTTP.</param>
/// <param name="ManagementTls">HTTPS.</param>
public readonly record struct NodePorts(int? Kv, int? KvTls, int? Management, int? ManagementTls);
