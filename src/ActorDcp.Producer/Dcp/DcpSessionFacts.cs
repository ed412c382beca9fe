namespace ActorDcp.Producer.Dcp;

/// <summary>Where a DCP connection stands, for its statistics. <c>Shown</c> has the collections of each stream, null for all.</summary>
internal sealed record DcpSessionFacts(
    bool IsPaused, long Window, long Outstanding, long Acknowledged, long ItemsSent, long BytesSent, long InflatedBytesSent, bool NoopIsOutstanding,
    IReadOnlyList<DcpStream> Streams, IReadOnlyList<uint[]?> Shown)
{
    /// <summary>Timestamp of the last time that something was sent.</summary>
    public long? LastSent { get; init; }

    /// <summary>Streams that have something to send.</summary>
    public int ReadyStreams { get; init; }

    /// <summary>Streams that wait for their turn to read from disk.</summary>
    public int WaitingBackfills { get; init; }
}
