namespace ActorDcp.Streams;

/// <summary>A stream began anew where changes may have been handled before, and what was deleted of them may have been purged.</summary>
internal sealed class PurgedStartException(string message) : Exception(message);
