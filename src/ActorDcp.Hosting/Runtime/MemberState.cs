using ActorDcp.Group;

namespace ActorDcp.Hosting.Runtime;

/// <summary>What this process knows of its own membership: waiting for something, running, or refused. Thread-safe.</summary>
internal sealed class MemberState
{
    private volatile string? _waiting = "starting";
    private readonly TaskCompletionSource<GroupContext> _running = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemberState()
    {
        // a refusal is read where the process ends, or by nobody
        _ = _running.Task.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default);
    }

    /// <summary>Unique in the cluster, short enough for a log line, and new with each start.</summary>
    public string Member { get; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..4]}";

    /// <summary>Port that the other members reach this one at; null before the actor system listens.</summary>
    public int? ClusterPort { get; set; }

    /// <summary>Whether the process was a member before, so that the cluster it joins exists already.</summary>
    public bool Rejoins { get; set; }

    /// <summary>Whether the others took this member for dead, so that its actor system ended.</summary>
    public bool WasRemoved { get; set; }

    /// <summary>What keeps the member from running; null when nothing does.</summary>
    public string? Waiting
    {
        get => _waiting;
        set => _waiting = value;
    }

    /// <summary>Completes when the member takes part in its group; fails when it never can as configured.</summary>
    public Task<GroupContext> WhenRunning => _running.Task;

    /// <summary>Why the member never can run as configured; null when nothing says so.</summary>
    public Exception? Refusal => _running.Task.Exception?.InnerException;

    /// <summary>The running group; null before.</summary>
    public GroupContext? Group => _running.Task.IsCompletedSuccessfully ? _running.Task.Result : null;

    public void Running(GroupContext group)
    {
        _waiting = null;
        _running.TrySetResult(group);
    }

    public void Refused(Exception cause)
    {
        _waiting = cause.Message;
        _running.TrySetException(cause);
    }
}
