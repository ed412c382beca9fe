namespace ActorDcp.Client;

/// <summary>Figures of a connection since it was opened, for metrics.</summary>
/// <param name="Transport">What was received.</param>
/// <param name="DroppedFrames">Frames of streams that are not open any more.</param>
/// <param name="DroppedBytes">Their bytes.</param>
/// <param name="PinnedBytes">Memory that queues and batches hold now.</param>
/// <param name="Streams">Streams that are open now.</param>
public readonly record struct DcpConnectionStatistics(
    TransportStatistics Transport, long DroppedFrames, long DroppedBytes, long PinnedBytes, int Streams);
