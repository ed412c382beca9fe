namespace ActorDcp.Streams;

/// <summary>Changes were held back until every copy had them, and every copy follows another branch now.</summary>
internal sealed class HeldBranchEndedException(string message) : Exception(message);
