namespace ActorDcp.Producer.Nodes;

/// <summary>Ends that nobody waits for.</summary>
public sealed partial class ProducerNode
{
    /// <summary>Stops as if the process were killed. It is under way when this returns.</summary>
    internal void Die() => StopSoon(clean: false);

    /// <summary>Stops, as one who does not have to wait for it wants it. It is under way when this returns.</summary>
    internal void StopSoon(bool clean) => _ = Task.Run(() => _cluster.StopSoonAsync(this, clean));
}
