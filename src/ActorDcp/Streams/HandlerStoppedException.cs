namespace ActorDcp.Streams;

/// <summary>A handler's actor stopped or was restarted while it had a batch.</summary>
internal sealed class HandlerStoppedException(string message, Exception? cause = null) : Exception(message, cause);
