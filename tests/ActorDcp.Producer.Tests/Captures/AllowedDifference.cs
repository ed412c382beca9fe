using System.Globalization;
using System.IO.Enumeration;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>A line of <c>allowed-differences.txt</c>: a field of which the value may differ, how, and why.</summary>
/// <param name="Pattern">Frame and field; <c>*</c> stands for anything.</param>
/// <param name="How">How it may differ.</param>
/// <param name="Tolerance">How far two numbers may be apart.</param>
/// <param name="Reason">Why.</param>
internal sealed record AllowedDifference(string Pattern, DifferenceKind How, ulong Tolerance, string Reason)
{
    public static IReadOnlyList<AllowedDifference> All { get; } = Load();

    /// <summary>Every line that allows a difference.</summary>
    public static List<AllowedDifference> Of(string field, string? recorded, string? played) =>
        [.. All.Where(allowed => allowed.Admits(recorded, played) && allowed.IsOf(field))];

    /// <summary>Whether it concerns a field.</summary>
    public bool IsOf(string field) => FileSystemName.MatchesSimpleExpression(Pattern, field, ignoreCase: false);

    private bool Admits(string? recorded, string? played) => How switch
    {
        DifferenceKind.Absent => recorded is not null && played is null,
        _ when recorded is null || played is null => false,
        DifferenceKind.Near => ulong.TryParse(recorded, CultureInfo.InvariantCulture, out var left) && ulong.TryParse(played, CultureInfo.InvariantCulture, out var right)
            && Math.Max(left, right) - Math.Min(left, right) <= Tolerance,
        _ => true,
    };

    private static List<AllowedDifference> Load()
    {
        var allowed = new List<AllowedDifference>();
        foreach (var line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "allowed-differences.txt")))
        {
            var parts = line.Split('|', StringSplitOptions.TrimEntries);
            if (parts.Length != 3)
                continue;
            var (how, tolerance) = ReadHow(parts[1]);
            allowed.Add(new AllowedDifference(parts[0], how, tolerance, parts[2]));
        }
        return allowed;
    }

    private static (DifferenceKind How, ulong Tolerance) ReadHow(string text) => text switch
    {
        "any" => (DifferenceKind.Any, 0),
        "renamed" => (DifferenceKind.Renamed, 0),
        "absent" => (DifferenceKind.Absent, 0),
        ['~', .. var tolerance] => (DifferenceKind.Near, ulong.Parse(tolerance, CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"allowed-differences.txt: '{text}' is none of any, renamed, absent and ~number"),
    };
}
