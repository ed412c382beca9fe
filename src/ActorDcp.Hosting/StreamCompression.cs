namespace ActorDcp.Hosting;

/// <summary>Whether values travel compressed. Handlers read them inflated either way.</summary>
public enum StreamCompression
{
    /// <summary>Values that are stored compressed travel so.</summary>
    On,
    /// <summary>Never.</summary>
    Off,
    /// <summary>The producer compresses what it can.</summary>
    Forced,
}
