namespace ActorDcp.Handlers;

/// <summary>Counts and does nothing else.</summary>
internal sealed class CountHandler(HandlerCounts counts) : IDcpHandler
{
    /// <summary>The handler's type in the configuration.</summary>
    public const string TypeName = "count";

    /// <inheritdoc/>
    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        counts.Add(batch.Count, batch.WireBytes(0, batch.Count));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
    {
        counts.AddRollback();
        return ValueTask.CompletedTask;
    }
}
