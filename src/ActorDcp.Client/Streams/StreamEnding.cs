namespace ActorDcp.Client;

/// <summary>How a stream ended.</summary>
public abstract record StreamEnding
{
    private StreamEnding()
    {
    }

    /// <summary>The producer sent STREAM_END.</summary>
    public sealed record ByProducer(StreamEndReason Reason) : StreamEnding;

    /// <summary>We closed it.</summary>
    public sealed record ByConsumer : StreamEnding;

    /// <summary>We closed it for the sake of the connection's other streams, because its taker was slow; all that had arrived was taken, or dropped.</summary>
    public sealed record Parked : StreamEnding;

    /// <summary>The connection it ran on is gone.</summary>
    public sealed record ConnectionLost(Exception? Cause) : StreamEnding;
}
