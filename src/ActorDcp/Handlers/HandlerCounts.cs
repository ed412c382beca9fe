namespace ActorDcp.Handlers;

/// <summary>What the counting handlers of a member have seen together. Thread-safe.</summary>
internal sealed class HandlerCounts
{
    private long _events;
    private long _bytes;
    private long _batches;
    private long _rollbacks;

    /// <summary>Events handled.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Bytes on the wire of those events, headers included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Batches handled.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Rollbacks heard of.</summary>
    public long Rollbacks => Volatile.Read(ref _rollbacks);

    internal void Add(int events, long bytes)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref _batches);
    }

    internal void AddRollback() => Interlocked.Increment(ref _rollbacks);
}
