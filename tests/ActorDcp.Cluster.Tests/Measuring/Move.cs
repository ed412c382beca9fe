namespace ActorDcp.Cluster.Tests.Measuring;

/// <summary>What a change of the cluster cost, in seconds.</summary>
/// <param name="Name">Of the change.</param>
/// <param name="Seconds">From its beginning until the last vbucket that moved was handled by its new owner.</param>
/// <param name="Moved">How many moved.</param>
/// <param name="MovedMedian">Pause of one that moved.</param>
/// <param name="MovedP99">As said.</param>
/// <param name="UnmovedMedian">Longest silence of one that did not.</param>
/// <param name="UnmovedP99">As said.</param>
/// <param name="UnmovedMost">As said.</param>
/// <param name="Redelivered">Changes that came again.</param>
internal sealed record Move(
    string Name, double Seconds, int Moved, double MovedMedian, double MovedP99, double UnmovedMedian, double UnmovedP99, double UnmovedMost, int Redelivered)
{
    public static Move Of(Window window, IEnumerable<List<DeliveryLine>> vbuckets)
    {
        var (moved, unmoved) = (new List<double>(), new List<double>());
        var last = 0.0;
        var redelivered = 0;
        foreach (var lines in vbuckets)
        {
            var (pause, newOwner, again) = Look(window, lines);
            redelivered += again;
            (newOwner is null ? unmoved : moved).Add(pause);
            if (newOwner is { } at)
                last = Math.Max(last, (at - window.From).TotalSeconds);
        }
        return new Move(
            window.Name, last, moved.Count, Quantile(moved, 0.5), Quantile(moved, 0.99), Quantile(unmoved, 0.5), Quantile(unmoved, 0.99), Quantile(unmoved, 1), redelivered);
    }

    /// <summary>Of a vbucket: the pause at its change of owner, or its longest silence without one.</summary>
    private static (double Pause, DateTimeOffset? NewOwner, int Redelivered) Look(Window window, List<DeliveryLine> lines)
    {
        var (longest, atChange, again) = (0.0, 0.0, 0);
        DateTimeOffset? newOwner = null;
        ulong highest = 0;
        for (var i = 1; i < lines.Count; i++)
        {
            highest = Math.Max(highest, lines[i - 1].Seqno);
            if (lines[i].At < window.From || lines[i - 1].At > window.To)
                continue;
            var pause = (lines[i].At - lines[i - 1].At).TotalSeconds;
            longest = Math.Max(longest, pause);
            if (lines[i].Seqno <= highest)
                again++;
            if (lines[i].Epoch == lines[i - 1].Epoch)
                continue;
            newOwner = lines[i].At;
            atChange = Math.Max(atChange, pause);
        }
        return (newOwner is null ? longest : atChange, newOwner, again);
    }

    private static double Quantile(List<double> values, double quantile)
    {
        if (values.Count == 0)
            return 0;
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * quantile))];
    }
}
