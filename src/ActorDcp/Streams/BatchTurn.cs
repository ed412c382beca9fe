using ActorDcp.Handlers;

namespace ActorDcp.Streams;

/// <summary>
/// One hand-over of a batch to a handler. The handler's actor gets it as a message and ends it exactly once, from any thread; what
/// comes later has no effect.
/// </summary>
internal sealed class BatchTurn(DcpBatch batch, Action<BatchTurn> ended, long startedAt, CancellationToken stopping) : HandlerProtocol.ICommand
{
    private int _ended;

    /// <summary>What is to be handled.</summary>
    public DcpBatch Batch { get; } = batch;

    /// <summary>Cancelled when the handler should come to an end.</summary>
    public CancellationToken Stopping { get; } = stopping;

    /// <summary>Timestamp of the hand-over.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The handler's error; null when it handled all.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether code of the handler may go on reading the batch.</summary>
    public bool MayStillBeRead { get; private set; }

    /// <summary>The whole batch is handled.</summary>
    public void Handled()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            ended(this);
    }

    /// <summary>The handler failed; what it said through <see cref="DcpBatch.HandledThrough"/> counts.</summary>
    public void Failed(Exception error, bool mayStillBeRead = false)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        Error = error;
        MayStillBeRead = mayStillBeRead;
        ended(this);
    }
}
