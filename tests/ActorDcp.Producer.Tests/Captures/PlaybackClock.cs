namespace ActorDcp.Producer.Tests.Captures;

/// <summary>A clock that stands at the time of the recorded event being played. Timers run in real time.</summary>
internal sealed class PlaybackClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => start + TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    /// <summary>Moves forward to a time of the recording; never back.</summary>
    public void MoveTo(double milliseconds) =>
        Volatile.Write(ref _ticks, Math.Max(_ticks, (long)(milliseconds * TimeSpan.TicksPerMillisecond)));

    public void Advance(double milliseconds) => Volatile.Write(ref _ticks, _ticks + (long)(milliseconds * TimeSpan.TicksPerMillisecond));
}
