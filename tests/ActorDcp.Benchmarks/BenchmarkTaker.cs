using ActorDcp.Client;

namespace ActorDcp.Benchmarks;

/// <summary>Takes what one stream brings on the thread pool, looks at each event, and releases it.</summary>
internal sealed class BenchmarkTaker(DcpStream stream) : IThreadPoolWorkItem
{
    private static readonly OwnershipEpoch Epoch = new(1);
    private static long _events;
    private static long _batches;
    private long _checksum;

    internal static long Events => Interlocked.Read(ref _events);

    internal static long Batches => Interlocked.Read(ref _batches);

    /// <summary>Keeps what is read from being optimized away.</summary>
    internal long Checksum => _checksum;

    internal static async Task ReachedAsync(long events)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (Events < events)
            await tick.WaitForNextTickAsync();
    }

    internal void Start() => stream.WhenAvailable(() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false));

    public void Execute()
    {
        while (stream.TryTake(Epoch, out var batch))
        {
            foreach (var change in batch)
                _checksum += (long)change.Seqno.Value + change.Value.Length;
            Interlocked.Add(ref _events, batch.Count);
            Interlocked.Increment(ref _batches);
            batch.Release();
        }
        if (stream.Ending is null)
            Start();
    }
}
