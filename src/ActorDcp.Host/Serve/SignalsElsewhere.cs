using Microsoft.Extensions.Hosting;

namespace ActorDcp.Host.Serve;

/// <summary>
/// A host's lifetime that listens to no signals: the verb does, and tells the host to stop. With two listeners the host might end first,
/// as if by itself.
/// </summary>
internal sealed class SignalsElsewhere : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
