namespace ActorDcp.Benchmarks.Cost;

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
    public string Text(string format) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Median.ToString(format, System.Globalization.CultureInfo.InvariantCulture)} ({Least.ToString(format, System.Globalization.CultureInfo.InvariantCulture)}-{Most.ToString(format, System.Globalization.CultureInfo.InvariantCulture)})");
}
