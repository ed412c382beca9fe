namespace ActorDcp.Client;

/// <summary>What a connection received since it was opened.</summary>
/// <param name="Frames">Frames.</param>
/// <param name="Bytes">Bytes.</param>
/// <param name="Reads">Reads that brought something.</param>
/// <param name="UnknownFrames">Frames that nobody waited for or knew.</param>
public readonly record struct TransportStatistics(long Frames, long Bytes, long Reads, long UnknownFrames);
