namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>What lets handlers go on, or not, and counts what they did.</summary>
internal sealed class HandlerGate
{
    private volatile TaskCompletionSource _open = Opened();
    private long _handled;

    public long Handled => Interlocked.Read(ref _handled);

    public Task WhenOpen => _open.Task;

    public void Shut() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.TrySetResult();

    public void Count(int changes) => Interlocked.Add(ref _handled, changes);

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}

/// <summary>Handles nothing while its gate is shut.</summary>
internal sealed class GatedHandler(HandlerGate gate) : IDcpHandler
{
    public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        await gate.WhenOpen.WaitAsync(stopping);
        gate.Count(batch.Count);
    }

    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
}
