namespace ActorDcp.Host.Bench;

/// <summary>What one process spent on all events of a producer.</summary>
/// <param name="CpuSeconds">From process start until everything was done.</param>
/// <param name="Seconds">Likewise, by the clock.</param>
/// <param name="PeakRssBytes">Most memory resident.</param>
/// <param name="AllocatedBytes">Managed bytes allocated; null where the process does not say.</param>
/// <param name="SecondsToReady">Until the process said that it is ready; null where it does not.</param>
/// <param name="Bytes">Bytes on the wire; null where the process does not say.</param>
internal sealed record Measurement(
    double CpuSeconds, double Seconds, long PeakRssBytes, long? AllocatedBytes = null, double? SecondsToReady = null, long? Bytes = null);
