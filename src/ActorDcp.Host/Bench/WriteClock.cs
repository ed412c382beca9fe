using System.Diagnostics;

namespace ActorDcp.Host.Bench;

/// <summary>When each of a number of writes was answered and when it was handled. Thread-safe, as long as each is noted once.</summary>
internal sealed class WriteClock
{
    private readonly long[] _answered;
    private readonly long[] _handled;
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    public WriteClock(int count)
    {
        _answered = new long[count];
        _handled = new long[count];
        _left = 2 * count;
    }

    public int Count => _answered.Length;

    /// <summary>Ends when each write was answered and handled.</summary>
    public Task AllHandled => _all.Task;

    public void Answered(int write, long timestamp) => Note(_answered, write, timestamp);

    public void Handled(int write, long timestamp) => Note(_handled, write, timestamp);

    /// <summary>Milliseconds from answer to handler, of some writes, in rising order; 0 for what was handled before its answer was read.</summary>
    public double[] Latencies(int first, int count)
    {
        var sorted = new double[count];
        for (var i = 0; i < count; i++)
            sorted[i] = Math.Max(0, Stopwatch.GetElapsedTime(_answered[first + i], _handled[first + i]).TotalMilliseconds);
        Array.Sort(sorted);
        return sorted;
    }

    private void Note(long[] times, int write, long timestamp)
    {
        if (Interlocked.CompareExchange(ref times[write], timestamp, 0) == 0 && Interlocked.Decrement(ref _left) == 0)
            _all.SetResult();
    }
}
