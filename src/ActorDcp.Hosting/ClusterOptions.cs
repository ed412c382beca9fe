namespace ActorDcp.Hosting;

/// <summary>The cluster this member belongs to.</summary>
public sealed class ClusterOptions
{
    /// <summary>Address that the other members reach this one at.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>Port for the other members; 0 takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>Address to listen on where that is not <see cref="Host"/>, as behind a port mapping; null for the same.</summary>
    public string? BindHost { get; set; }

    /// <summary>Port to listen on where that is not <see cref="Port"/>, as behind a port mapping; 0 for the same.</summary>
    public int BindPort { get; set; }

    /// <summary>Members to join, as <c>host:port</c>; empty starts a cluster of its own.</summary>
    public IList<string> Seeds { get; } = [];

    /// <summary>What the <c>serve</c> command does when the cluster has removed this member. In a host of your own the host stops.</summary>
    public RemovedMemberAction WhenRemoved { get; set; }

    /// <summary>Shards that the vbuckets are spread over. The same on every member, and for the life of the group.</summary>
    public int Shards { get; set; } = 128;

    /// <summary>Mutual TLS between members.</summary>
    public ClusterTlsOptions Tls { get; } = new();

    /// <summary>Allows a <see cref="Host"/> off loopback without mutual TLS. Whoever reaches the port then is a member.</summary>
    public bool Insecure { get; set; }
}
