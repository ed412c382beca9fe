using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>Who gets what a transport receives beside the answers to requests. Called from its read loop.</summary>
internal interface IFrameSink
{
    /// <summary>A request of the node's. The bytes are the receive buffer's: copy what is kept.</summary>
    void OnRequest(ReadOnlySpan<byte> frame, in FrameHeader header);

    /// <summary>Everything that one read brought was given.</summary>
    /// <param name="moreWaits">The buffer was filled and more has arrived already: the next read follows at once, without waiting.</param>
    void OnReadCompleted(bool moreWaits);

    /// <summary>The connection is gone; called once.</summary>
    void OnClosed(Exception? cause);
}
