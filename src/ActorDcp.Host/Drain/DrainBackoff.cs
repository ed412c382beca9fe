namespace ActorDcp.Host.Drain;

/// <summary>Pauses that double from 50 ms to 5 s, each between half and one and a half of its length so that many do not come at once.</summary>
internal sealed class DrainBackoff(TimeProvider time)
{
    private const double FirstMilliseconds = 50;
    private const double LongestMilliseconds = 5_000;
    private const int MostDoublings = 8;

    private int _failures;

    public void Reset() => _failures = 0;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var length = Math.Min(LongestMilliseconds, FirstMilliseconds * Math.Pow(2, Math.Min(_failures++, MostDoublings)));
        return Task.Delay(TimeSpan.FromMilliseconds(length * (0.5 + Random.Shared.NextDouble())), time, cancellationToken);
    }
}
