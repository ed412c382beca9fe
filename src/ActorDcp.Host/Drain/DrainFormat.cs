namespace ActorDcp.Host.Drain;

/// <summary>What a drain writes.</summary>
internal enum DrainFormat
{
    /// <summary>One JSON object a line.</summary>
    JsonLines,
    /// <summary>One object at the end: how much and how fast.</summary>
    Count,
    /// <summary>Nothing.</summary>
    None,
}
