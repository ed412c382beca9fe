namespace ActorDcp.Producer.Tests;

/// <summary>Waits for a condition that nothing announces.</summary>
internal static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(RawClient.Deadline);
        using var timer = new PeriodicTimer(Interval);
        while (!condition())
            await timer.WaitForNextTickAsync(deadline.Token);
    }
}
