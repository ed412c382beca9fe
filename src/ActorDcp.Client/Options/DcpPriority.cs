namespace ActorDcp.Client;

/// <summary>How much of a data node's attention a connection gets (dcp-reference.md 3.2).</summary>
public enum DcpPriority
{
    /// <summary>The server's default.</summary>
    Medium,
    /// <summary>Behind others.</summary>
    Low,
    /// <summary>Before others.</summary>
    High,
}
