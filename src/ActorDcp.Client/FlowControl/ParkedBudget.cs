namespace ActorDcp.Client;

/// <summary>
/// How many bytes may be held outside the windows of connections, for streams whose handler is slow. May be shared by several
/// connections. Thread-safe.
/// </summary>
public sealed class ParkedBudget
{
    private long _used;

    /// <summary>Makes a budget.</summary>
    /// <param name="limit">Most bytes held at a time.</param>
    public ParkedBudget(long limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        Limit = limit;
    }

    /// <summary>Most bytes held at a time.</summary>
    public long Limit { get; }

    /// <summary>Bytes held now.</summary>
    public long Used => Interlocked.Read(ref _used);

    internal bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= Limit)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    internal void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
