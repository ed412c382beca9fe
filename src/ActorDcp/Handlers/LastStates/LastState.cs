namespace ActorDcp.Handlers.LastStates;

/// <summary>Names a document.</summary>
/// <param name="CollectionId">Its collection.</param>
/// <param name="Key">Its key; one that is not UTF-8 as <c>base64:</c> and its Base64.</param>
public readonly record struct DocumentKey(uint CollectionId, string Key);

/// <summary>What is known of a document.</summary>
/// <param name="Seqno">The change that made it so.</param>
/// <param name="Cas">Its compare-and-swap value.</param>
/// <param name="Removed">Whether it was deleted or expired, or went with its collection.</param>
/// <param name="Body">Its body, without extended attributes.</param>
public sealed record LastState(Seqno Seqno, ulong Cas, bool Removed, ReadOnlyMemory<byte> Body);
