namespace ActorDcp.Host.Demo;

/// <summary>The demo's handler: looks at each change and counts.</summary>
internal sealed class DemoHandler(DemoTally tally) : IDcpHandler
{
    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        tally.Handled(batch);
        return ValueTask.CompletedTask;
    }

    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
    {
        tally.WentBack(rollback);
        return ValueTask.CompletedTask;
    }
}
