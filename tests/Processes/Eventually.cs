using System.Diagnostics;

namespace ActorDcp.Processes;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> found, TimeSpan? deadline = null, TimeSpan? every = null)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(every ?? TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            if (clock.Elapsed > (deadline ?? Deadline))
                Assert.Fail($"not within {deadline ?? Deadline}: {found()}");
            await timer.WaitForNextTickAsync();
        }
    }

    public static Task TrueAsync(Func<bool> condition, Func<string> found, TimeSpan? deadline = null, TimeSpan? every = null) =>
        TrueAsync(() => Task.FromResult(condition()), found, deadline, every);
}
