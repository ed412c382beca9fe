namespace ActorDcp.Telemetry;

/// <summary>What a connection tells collectors of its flow control, in bytes. Read from any thread.</summary>
internal interface IConnectionLevels
{
    /// <summary>The node, as <c>host:port</c>.</summary>
    string Node { get; }

    /// <summary>The window that was agreed on.</summary>
    long Window { get; }

    /// <summary>Received and not acknowledged.</summary>
    long Unacknowledged { get; }

    /// <summary>In the parked budget.</summary>
    long Parked { get; }

    /// <summary>Memory held by batches that are not released.</summary>
    long Pinned { get; }
}
