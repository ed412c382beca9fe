namespace ActorDcp.Protocol.Messages;

/// <summary>NOOP 0x5c, from the producer, header only (dcp-reference.md 3.15). To be answered at once with the same opaque.</summary>
/// <param name="Opaque">The producer's own counter, to be returned untouched.</param>
public readonly record struct NoopMessage(uint Opaque)
{
    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">It has a body.</exception>
    public static NoopMessage Read(in Frame frame)
    {
        if (frame.Header.BodyLength != 0)
            throw new ProtocolException($"NOOP with a body of {frame.Header.BodyLength} bytes");
        return new NoopMessage(frame.Header.Opaque);
    }
}
