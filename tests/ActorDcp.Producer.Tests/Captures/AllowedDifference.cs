using System.Globalization;
using System.IO.Enumeration;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>A line of <c>allowed-differences.txt</c>: a field of which the value may differ, and why.</summary>
/// <param name="Pattern">Frame and field; <c>*</c> stands for anything.</param>
/// <param name="Tolerance">How far two numbers may be apart; null when any values go.</param>
/// <param name="Reason">Why.</param>
internal sealed record AllowedDifference(string Pattern, ulong? Tolerance, string Reason)
{
    public static IReadOnlyList<AllowedDifference> All { get; } = Load();

    public static bool Covers(string field, string? recorded, string? played) =>
        All.Any(allowed => FileSystemName.MatchesSimpleExpression(allowed.Pattern, field, ignoreCase: false) && allowed.Admits(recorded, played));

    private bool Admits(string? recorded, string? played)
    {
        if (Tolerance is not { } tolerance)
            return true;
        return ulong.TryParse(recorded, CultureInfo.InvariantCulture, out var left) && ulong.TryParse(played, CultureInfo.InvariantCulture, out var right)
            && Math.Max(left, right) - Math.Min(left, right) <= tolerance;
    }

    private static List<AllowedDifference> Load()
    {
        var allowed = new List<AllowedDifference>();
        foreach (var line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "allowed-differences.txt")))
        {
            var parts = line.Split('|', StringSplitOptions.TrimEntries);
            if (parts.Length == 3)
                allowed.Add(new AllowedDifference(parts[0],
                    parts[1] == "any" ? null : ulong.Parse(parts[1].TrimStart('~'), CultureInfo.InvariantCulture), parts[2]));
        }
        return allowed;
    }
}
