namespace ActorDcp.Connections;

/// <summary>What one stream holds of its connection.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Held">Bytes of the window that it holds.</param>
/// <param name="InHandlerFor">For how long its handler has had the batch in work; null when it has none.</param>
/// <param name="Queued">Bytes that wait for the handler.</param>
/// <param name="Ended">Whether nothing more comes: it is parked, or ended by itself.</param>
internal readonly record struct StreamLoad(VBucketId VBucket, long Held, TimeSpan? InHandlerFor, long Queued, bool Ended)
{
    /// <summary>Nothing is there for its handler: it would take what the node could send.</summary>
    public bool IsHungry => InHandlerFor is null && Queued == 0 && !Ended;
}

/// <summary>When a slow vbucket is parked, and which (design invariant 7). Pure.</summary>
internal static class ParkingPolicy
{
    /// <summary>
    /// A handler that needs longer for a batch is slow: batches grow to 4 MiB or 4,096 events while one is in work, so a quick one comes
    /// back sooner, however much there is.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>Half of the window is held: the other half still serves the others, so they lose nothing while slow ones are found.</summary>
    public static bool IsPressed(long window, long held) => window > 0 && held >= window / 2;

    /// <summary>An eighth of the window is all that is left.</summary>
    public static bool IsFull(long window, long held) => held >= window - window / 8;

    /// <summary>
    /// The streams to park, largest first, until a quarter of the window is held. None while no stream is hungry: if all are busy, the
    /// window is simply full.
    /// </summary>
    public static IReadOnlyList<VBucketId> Choose(long window, long held, IReadOnlyList<StreamLoad> loads)
    {
        if (!IsPressed(window, held) || !loads.Any(load => load.IsHungry))
            return [];
        var chosen = new List<VBucketId>();
        foreach (var load in loads.Where(load => load is { Held: > 0, Ended: false } && load.InHandlerFor >= Patience).OrderByDescending(load => load.Held))
        {
            if (held < window / 4)
                break;
            chosen.Add(load.VBucket);
            held -= load.Held;
        }
        return chosen;
    }

    /// <summary>The parked stream whose queue must go, because window and budget are both as good as full; null when none must.</summary>
    public static VBucketId? MustDiscard(long window, long held, IReadOnlyList<StreamLoad> loads)
    {
        if (!IsFull(window, held) || !loads.Any(load => load.IsHungry))
            return null;
        var largest = loads.Where(load => load is { Ended: true, Held: > 0, Queued: > 0 }).OrderByDescending(load => load.Held).FirstOrDefault();
        return largest.Queued > 0 ? largest.VBucket : null;
    }
}
