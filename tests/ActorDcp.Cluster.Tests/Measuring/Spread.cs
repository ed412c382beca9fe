using System.Globalization;

namespace ActorDcp.Cluster.Tests.Measuring;

/// <summary>Many values in a few words.</summary>
internal static class Spread
{
    /// <summary>Median, least and most.</summary>
    public static string Of(IEnumerable<double> values, string format)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0
            ? "-"
            : $"{Text(sorted[sorted.Count / 2])} ({Text(sorted[0])}-{Text(sorted[^1])})";

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
