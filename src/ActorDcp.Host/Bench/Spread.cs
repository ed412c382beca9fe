using System.Globalization;

namespace ActorDcp.Host.Bench;

/// <summary>Median, least and most of some runs.</summary>
internal sealed record Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>The median, and the rest in brackets.</summary>
    public string Text(string format, double scale = 1)
    {
        string Of(double value) => (value * scale).ToString(format, CultureInfo.InvariantCulture);
        return $"{Of(Median)} ({Of(Least)}-{Of(Most)})";
    }
}
