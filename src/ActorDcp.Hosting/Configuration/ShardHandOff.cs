namespace ActorDcp.Hosting.Configuration;

/// <summary>How long Akka waits for a moving shard: the shorter of the hand-off time-out and the shutdown phase.</summary>
internal static class ShardHandOff
{
    private const string HandOffKey = "akka.cluster.sharding.handoff-timeout";
    private const string PhaseKey = "akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout";

    /// <summary>Akka's own defaults where hocon/ does not say otherwise.</summary>
    private static readonly TimeSpan DefaultHandOff = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DefaultPhase = TimeSpan.FromSeconds(10);

    public static TimeSpan Limit { get; } = Read();

    private static TimeSpan Read()
    {
        var config = EmbeddedHocon.Load(EmbeddedHocon.Reference);
        var handOff = config.GetTimeSpan(HandOffKey, DefaultHandOff);
        var phase = config.GetTimeSpan(PhaseKey, DefaultPhase);
        return handOff < phase ? handOff : phase;
    }
}
