namespace ActorDcp.Hosting.Runtime;

/// <summary>Reached when the host has gone: what an actor system that failed to start still logs must not follow the host's last word.</summary>
internal sealed class LogEnd : IDisposable
{
    private volatile bool _reached;

    public bool IsReached => _reached;

    public void Dispose() => _reached = true;
}
