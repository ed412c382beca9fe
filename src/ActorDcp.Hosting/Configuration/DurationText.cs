using System.Globalization;

namespace ActorDcp.Hosting.Configuration;

/// <summary>Durations as people write them: <c>500ms</c>, <c>5s</c>, <c>2m</c>, <c>1h</c>. A bare number is refused: its unit would be a guess.</summary>
internal static class DurationText
{
    private static readonly (string Unit, double Milliseconds)[] Units =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        var trimmed = text.AsSpan().Trim();
        foreach (var (unit, milliseconds) in Units)
        {
            if (!trimmed.EndsWith(unit, StringComparison.Ordinal))
                continue;
            var digits = trimmed[..^unit.Length].TrimEnd();
            if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            if (number * milliseconds > TimeSpan.MaxValue.TotalMilliseconds / 2)
                return false;
            duration = TimeSpan.FromMilliseconds(number * milliseconds);
            return true;
        }
        return false;
    }

    public static string Format(TimeSpan duration)
    {
        var milliseconds = duration.TotalMilliseconds;
        for (var i = Units.Length - 1; i > 0; i--)
            if (milliseconds >= Units[i].Milliseconds && milliseconds % Units[i].Milliseconds == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / Units[i].Milliseconds}{Units[i].Unit}");
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }
}
