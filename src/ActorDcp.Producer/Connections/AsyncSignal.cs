using System.Diagnostics.CodeAnalysis;

namespace ActorDcp.Producer.Connections;

/// <summary>Wakes one waiter. Signals that come while nobody waits are remembered as one.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore holds nothing to free as its wait handle is never used, and it may be set after its owner's end.")]
internal sealed class AsyncSignal
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);
    private int _isSet;

    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0)
            _semaphore.Release();
    }

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await _semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Exchange(ref _isSet, 0);
    }
}
