namespace ActorDcp.Client;

/// <summary>Whether values travel compressed with Snappy (dcp-reference.md 1.6).</summary>
public enum DcpCompression
{
    /// <summary>Values stored compressed travel so.</summary>
    On,
    /// <summary>Never.</summary>
    Off,
    /// <summary>The node compresses what it can.</summary>
    Forced,
}
