namespace ActorDcp.Producer.Tests.Captures;

/// <summary>The lines of <c>known-differences.txt</c>: captures that the producer does not answer as the recorded node yet, and why.</summary>
internal static class KnownDifferences
{
    public static IReadOnlyDictionary<string, string> Captures { get; } =
        File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "known-differences.txt"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1]);
}
