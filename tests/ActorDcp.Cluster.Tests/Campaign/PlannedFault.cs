namespace ActorDcp.Cluster.Tests.Campaign;

/// <summary>A fault of a plan: everything random about it comes from the seed.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="At">When, after the campaign began.</param>
/// <param name="Lasts">How long; nothing for kinds that are over at once.</param>
/// <param name="Choice">Whom it hits, among those it can hit then.</param>
internal sealed record PlannedFault(FaultKind Kind, TimeSpan At, TimeSpan Lasts, int Choice)
{
    /// <summary>Faults in random order, overlapping, until the time is over; each kind comes before any comes again.</summary>
    public static IReadOnlyList<PlannedFault> Plan(int seed, TimeSpan duration)
    {
        var random = new Random(seed);
        var plan = new List<PlannedFault>();
        var kinds = new Queue<FaultKind>();
        for (var at = 1.0; at < duration.TotalSeconds; at += 1 + random.NextDouble() * 5)
        {
            if (kinds.Count == 0)
            {
                var shuffled = Enum.GetValues<FaultKind>();
                random.Shuffle(shuffled);
                kinds = new Queue<FaultKind>(shuffled);
            }
            plan.Add(new PlannedFault(
                kinds.Dequeue(), TimeSpan.FromSeconds(at), TimeSpan.FromSeconds(2 + random.NextDouble() * 10), random.Next(1 << 20)));
        }
        return plan;
    }
}
