namespace ActorDcp.VBuckets.State;

/// <summary>
/// Exponential backoff with jitter as a value: each failure doubles the wait up to a most, and a while without failure begins
/// anew. Immutable; the randomness comes from the caller.
/// </summary>
/// <param name="First">Wait after the first failure.</param>
/// <param name="Most">Longest wait, jitter aside.</param>
/// <param name="StableAfter">Time without failure after which the next one counts as the first.</param>
internal sealed record RetrySchedule(TimeSpan First, TimeSpan Most, TimeSpan StableAfter)
{
    private const double Jitter = 0.2;

    /// <summary>Failures in a row.</summary>
    public int Failures { get; private init; }

    /// <summary>The last failure; null when there is none in the row.</summary>
    public DateTimeOffset? LastFailure { get; private init; }

    /// <summary>When to try again; null when nothing failed.</summary>
    public DateTimeOffset? NextTry { get; private init; }

    /// <summary>For a stream that did not open: 50 ms to 10 s, anew after 30 s.</summary>
    public static RetrySchedule ForStreams { get; } =
        new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));

    /// <summary>For what somebody has to mend first: 1 s to 30 s, anew after a minute.</summary>
    public static RetrySchedule ForFailures { get; } =
        new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));

    /// <summary>The formula: how long to wait after so many failures in a row.</summary>
    /// <param name="failures">At least 1.</param>
    /// <param name="first">Wait after the first.</param>
    /// <param name="most">Longest wait, jitter aside.</param>
    /// <param name="random">Between 0 and 1; spreads the waits of many that failed together by a fifth either way.</param>
    public static TimeSpan WaitAfter(int failures, TimeSpan first, TimeSpan most, double random)
    {
        var wait = first * Math.Pow(2, Math.Min(failures - 1, 30));
        if (wait > most)
            wait = most;
        return wait * (1 - Jitter + 2 * Jitter * Math.Clamp(random, 0, 1));
    }

    /// <summary>Notes a failure in a schedule that its owner keeps.</summary>
    /// <returns>How long to wait before the next try.</returns>
    public static TimeSpan Fail(ref RetrySchedule schedule, DateTimeOffset now)
    {
        schedule = schedule.Failed(now, Random.Shared.NextDouble());
        return schedule.WaitFrom(now);
    }

    /// <summary>The schedule after a failure.</summary>
    /// <param name="now">When it failed.</param>
    /// <param name="random">Between 0 and 1; spreads the waits of many vbuckets that failed together by a fifth either way.</param>
    public RetrySchedule Failed(DateTimeOffset now, double random)
    {
        // stability is counted from the try, not from the failure before it
        var stable = NextTry is { } tried && now - tried >= StableAfter;
        var failures = stable ? 1 : Failures + 1;
        return this with { Failures = failures, LastFailure = now, NextTry = now + WaitAfter(failures, First, Most, random) };
    }

    /// <summary>How long to wait from now on; zero when the time has come.</summary>
    public TimeSpan WaitFrom(DateTimeOffset now) => NextTry is { } next && next > now ? next - now : TimeSpan.Zero;

    /// <summary>Nothing failed: what an operator's wish or a new topology makes of it.</summary>
    public RetrySchedule Reset() => new(First, Most, StableAfter);
}
