namespace ActorDcp.Client;

/// <summary>
/// The requests of a connection that wait for their answers, by opaque. One whose deadline passed is remembered, so that its late
/// answer is recognized and dropped. Thread-safe.
/// </summary>
internal sealed class PendingRequests
{
    /// <summary>Most requests whose answers never came before the connection counts as broken.</summary>
    internal const int MostAbandoned = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Pending> _pending = [];
    private Exception? _closed;
    private int _abandoned;

    /// <summary>Requests that wait, those given up included.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
                return _pending.Count;
        }
    }

    /// <summary>Remembers a request that is about to be sent.</summary>
    /// <param name="opaque">Its opaque.</param>
    /// <param name="late">Gets an answer that comes after the wait was given up.</param>
    /// <param name="more">Takes each answer of a request that has several, and says whether more come; from the read loop.</param>
    /// <exception cref="KvConnectionException">The connection is closed.</exception>
    internal Task<KvResponse> Add(uint opaque, Action<KvResponse>? late, Func<KvResponse, bool>? more = null)
    {
        var pending = new Pending(late, more);
        lock (_gate)
        {
            if (_closed is not null)
                throw new KvConnectionException(_closed.Message, _closed);
            if (!_pending.TryAdd(opaque, pending))
                throw new InvalidOperationException($"opaque 0x{opaque:x8} is in use");
        }
        return pending.Answer.Task;
    }

    /// <summary>The request was not sent after all.</summary>
    internal void Remove(uint opaque)
    {
        lock (_gate)
            _pending.Remove(opaque);
    }

    /// <summary>The asker waits no more. Returns false when there are too many of its kind.</summary>
    internal bool Abandon(uint opaque)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(opaque, out var pending) || pending.IsAbandoned)
                return true;
            pending.IsAbandoned = true;
            return ++_abandoned <= MostAbandoned;
        }
    }

    /// <summary>Brings an answer to its asker.</summary>
    /// <returns>False when nobody asked.</returns>
    internal bool Complete(uint opaque, KvResponse response)
    {
        Pending? pending;
        lock (_gate)
        {
            if (!_pending.TryGetValue(opaque, out pending))
                return false;
            if (pending.More is { } more && more(response))
                return true;
            _pending.Remove(opaque);
            if (pending.IsAbandoned)
                _abandoned--;
        }
        if (pending.IsAbandoned)
            pending.Late?.Invoke(response);
        else
            pending.Answer.TrySetResult(response);
        return true;
    }

    /// <summary>Whether an answer with this opaque is waited for, or was.</summary>
    internal bool Knows(uint opaque)
    {
        lock (_gate)
            return _pending.ContainsKey(opaque);
    }

    /// <summary>Fails all that wait, and all that come later.</summary>
    internal void Fail(Exception cause)
    {
        Pending[] waiting;
        lock (_gate)
        {
            _closed ??= cause;
            waiting = [.. _pending.Values];
            _pending.Clear();
        }
        foreach (var pending in waiting)
            pending.Answer.TrySetException(new KvConnectionException(cause.Message, cause));
    }

    private sealed class Pending(Action<KvResponse>? late, Func<KvResponse, bool>? more)
    {
        internal TaskCompletionSource<KvResponse> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Action<KvResponse>? Late { get; } = late;

        internal Func<KvResponse, bool>? More { get; } = more;

        internal bool IsAbandoned { get; set; }
    }
}
