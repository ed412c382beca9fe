using System.Diagnostics;

namespace ActorDcp.Client.Tests;

/// <summary>Waits for conditions, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    internal static async Task HoldsAsync(Func<bool> condition, string what)
    {
        var since = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(since) > Deadline)
                throw new TimeoutException($"after {Deadline.TotalSeconds} s not yet: {what}");
            await tick.WaitForNextTickAsync();
        }
    }

    internal static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Deadline);

    internal static Task InTimeAsync(this Task task) => task.WaitAsync(Deadline);
}
