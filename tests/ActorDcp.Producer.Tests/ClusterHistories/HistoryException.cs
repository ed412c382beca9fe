namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>The cluster did what the model forbids.</summary>
internal sealed class HistoryException(string message, Exception? inner = null) : Exception(message, inner);
