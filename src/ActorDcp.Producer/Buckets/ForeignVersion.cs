namespace ActorDcp.Producer.Buckets;

/// <summary>The version of a change that was made elsewhere and keeps what it got there.</summary>
/// <param name="Cas">Its cas; null to give it one of this vbucket.</param>
/// <param name="Rev">Its revision.</param>
internal readonly record struct ForeignVersion(ulong? Cas, ulong Rev);
