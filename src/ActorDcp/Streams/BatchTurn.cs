using ActorDcp.Handlers;

namespace ActorDcp.Streams;

/// <summary>
/// The hand-over of a batch to a handler. The handler's actor gets it as a message and ends it exactly once, from any thread; what
/// comes later has no effect. Its stage may use it again for the next batch once it ended and nobody holds on to it.
/// </summary>
internal sealed class BatchTurn(Action ended, CancellationToken stopping) : HandlerProtocol.ICommand
{
    private const int InWork = 0;
    private const int Ending = 1;
    private const int Over = 2;

    private DcpBatch? _batch;
    private int _state = Over;

    /// <summary>What is to be handled.</summary>
    public DcpBatch Batch => _batch ?? throw new InvalidOperationException("the turn has not begun");

    /// <summary>Cancelled when the handler should come to an end.</summary>
    public CancellationToken Stopping { get; } = stopping;

    /// <summary>Timestamp of the hand-over.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The handler's error; null when it handled all.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether code of the handler may go on reading the batch.</summary>
    public bool MayStillBeRead { get; private set; }

    /// <summary>Whether the handler is done with the batch.</summary>
    public bool HasEnded => Volatile.Read(ref _state) == Over;

    /// <summary>The stage only: a hand-over begins, for the first time or after the last one ended.</summary>
    public void Begin(DcpBatch batch, long at)
    {
        _batch = batch;
        StartedAt = at;
        Error = null;
        MayStillBeRead = false;
        Volatile.Write(ref _state, InWork);
    }

    /// <summary>The whole batch is handled.</summary>
    public void Handled() => End(null, mayStillBeRead: false);

    /// <summary>The handler failed; what it said through <see cref="DcpBatch.HandledThrough"/> counts.</summary>
    public void Failed(Exception error, bool mayStillBeRead = false) => End(error, mayStillBeRead);

    private void End(Exception? error, bool mayStillBeRead)
    {
        if (Interlocked.CompareExchange(ref _state, Ending, InWork) != InWork)
            return;
        Error = error;
        MayStillBeRead = mayStillBeRead;
        Volatile.Write(ref _state, Over);
        ended();
    }
}
