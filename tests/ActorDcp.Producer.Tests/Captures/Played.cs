namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What came of playing a capture.</summary>
/// <param name="Differences">Where the producer answered otherwise than the recorded node.</param>
/// <param name="Needed">Allowed differences without which there would be more.</param>
/// <param name="TurnsChecked">How often the order between two streams was determined.</param>
internal sealed record Played(IReadOnlyList<string> Differences, IReadOnlySet<AllowedDifference> Needed, int TurnsChecked);
