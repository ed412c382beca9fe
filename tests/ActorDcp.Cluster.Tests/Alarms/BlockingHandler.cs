namespace ActorDcp.Cluster.Tests.Alarms;

/// <summary>Blocks its thread for seconds for each batch, as a call that waits for somebody else does.</summary>
internal sealed class BlockingHandler : IDcpHandler, IDisposable
{
    private static readonly TimeSpan Blocks = TimeSpan.FromSeconds(5);

    private readonly ManualResetEventSlim _never = new();

    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        _never.Wait(Blocks, CancellationToken.None);
        return ValueTask.CompletedTask;
    }

    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;

    public void Dispose() => _never.Dispose();
}
