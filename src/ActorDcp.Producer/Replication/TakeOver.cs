namespace ActorDcp.Producer.Replication;

/// <summary>The takeover of a vbucket by one of its copies, as it is waited for.</summary>
/// <param name="decide">What makes it final, just before the copy becomes active.</param>
internal sealed class TakeOver(Action decide)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the takeover; with an <see cref="IOException"/> where it failed.</summary>
    public Task Ended => _ended.Task;

    public void Decide() => decide();

    public void Succeed() => _ended.TrySetResult();

    public void Fail(string reason, Exception? exception = null) => _ended.TrySetException(new IOException(reason, exception));
}
