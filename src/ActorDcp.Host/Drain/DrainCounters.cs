namespace ActorDcp.Host.Drain;

/// <summary>What a drain has done so far. Written by the writer, read by the progress bar.</summary>
internal sealed class DrainCounters
{
    private long _items;
    private long _bytes;
    private long _seqnos;

    /// <summary>Changes of documents written.</summary>
    public long Items => Volatile.Read(ref _items);

    /// <summary>Bytes on the wire of the events written, headers included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Seqnos gone over, for the progress bar.</summary>
    public long Seqnos => Volatile.Read(ref _seqnos);

    /// <summary>CPU of the process before the first event.</summary>
    public TimeSpan? StartCpu { get; private set; }

    /// <summary>Time stamp at the first event.</summary>
    public long StartedAt { get; private set; }

    public void Begin(TimeProvider time)
    {
        if (StartCpu is not null)
            return;
        StartedAt = time.GetTimestamp();
        StartCpu = Environment.CpuUsage.TotalTime;
    }

    public void Add(long items, long bytes, long seqnos)
    {
        Volatile.Write(ref _items, _items + items);
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _seqnos, _seqnos + seqnos);
    }
}
