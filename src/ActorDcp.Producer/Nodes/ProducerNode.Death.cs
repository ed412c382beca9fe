namespace ActorDcp.Producer.Nodes;

/// <summary>Death by a fault.</summary>
public sealed partial class ProducerNode
{
    /// <summary>Stops as if the process were killed. It is under way when this returns.</summary>
    internal void Die() => _ = Task.Run(() => _cluster.CrashAsync(this));
}
