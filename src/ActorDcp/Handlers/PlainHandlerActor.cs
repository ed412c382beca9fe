namespace ActorDcp.Handlers;

/// <summary>Hosts an <see cref="IDcpHandler"/>, and disposes it when it is disposable.</summary>
internal sealed class PlainHandlerActor(Func<IDcpHandler> create) : DcpHandlerActor
{
    private readonly IDcpHandler _handler = create();

    protected override ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping) => _handler.HandleAsync(batch, stopping);

    protected override ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) =>
        _handler.RolledBackAsync(rollback, stopping);

    protected override ValueTask<StreamOffset?> LoadOffsetAsync(VBucketId vbucket, OwnershipEpoch epoch, CancellationToken stopping) =>
        _handler.LoadOffsetAsync(vbucket, epoch, stopping);

    protected override void PostStop()
    {
        base.PostStop();
        (_handler as IDisposable)?.Dispose();
    }
}
