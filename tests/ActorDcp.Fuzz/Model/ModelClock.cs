namespace ActorDcp.Fuzz.Model;

/// <summary>A clock that goes on by itself, mostly a little, sometimes much, each time that it is looked at.</summary>
internal sealed class ModelClock(Random random) : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now += TimeSpan.FromSeconds(random.Next(20) == 0 ? random.Next(120) : random.Next(3));
}
