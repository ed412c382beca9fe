namespace ActorDcp.Producer.Dcp;

/// <summary>Where a DCP connection stands, for its statistics. <c>Shown</c> has the collections of each stream, null for all.</summary>
internal sealed record DcpSessionFacts(
    bool IsPaused, long Window, long Outstanding, long Acknowledged, long ItemsSent, long BytesSent, long InflatedBytesSent, bool NoopIsOutstanding,
    IReadOnlyList<DcpStream> Streams, IReadOnlyList<uint[]?> Shown);
