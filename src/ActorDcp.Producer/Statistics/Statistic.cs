using System.Globalization;

namespace ActorDcp.Producer.Statistics;

/// <summary>A name and what it stands at.</summary>
/// <param name="Name">As real nodes name it.</param>
/// <param name="Value">As text.</param>
/// <param name="MayBeJson">Whether a value that is JSON is said to be so.</param>
internal readonly record struct Statistic(string Name, string Value, bool MayBeJson = true)
{
    public Statistic(string name, ulong value)
        : this(name, value.ToString(CultureInfo.InvariantCulture))
    {
    }

    public Statistic(string name, long value)
        : this(name, value.ToString(CultureInfo.InvariantCulture))
    {
    }

    public Statistic(string name, bool value)
        : this(name, value ? "true" : "false")
    {
    }
}
