namespace ActorDcp.Hosting;

/// <summary>The producer's priority for a connection (dcp-reference.md 3.2).</summary>
public enum StreamPriority
{
    /// <summary>Low.</summary>
    Low,
    /// <summary>Medium, the producer's own default.</summary>
    Medium,
    /// <summary>High.</summary>
    High,
}
