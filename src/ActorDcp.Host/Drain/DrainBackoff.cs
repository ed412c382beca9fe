using ActorDcp.VBuckets.State;

namespace ActorDcp.Host.Drain;

/// <summary>The pauses of one thing that a drain tries again: 50 ms to 5 s, anew after 10 s without failure.</summary>
internal sealed class DrainBackoff(TimeProvider time)
{
    private RetrySchedule _schedule = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));

    /// <summary>What was tried went well for long enough.</summary>
    public void Reset() => _schedule = _schedule.Reset();

    public Task WaitAsync(CancellationToken cancellationToken) =>
        Task.Delay(RetrySchedule.Fail(ref _schedule, time.GetUtcNow()), time, cancellationToken);
}
