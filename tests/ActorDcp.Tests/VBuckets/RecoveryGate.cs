using System.Runtime.CompilerServices;
using Akka.Actor;

namespace ActorDcp.Tests.VBuckets;

/// <summary>Holds up the recoveries of an actor system's <see cref="GatedJournal"/> while it is shut.</summary>
internal sealed class RecoveryGate
{
    private static readonly ConditionalWeakTable<ActorSystem, RecoveryGate> Gates = [];

    private volatile TaskCompletionSource _open = Opened();

    /// <summary>Completes when recoveries may go on.</summary>
    public Task WhenOpen => _open.Task;

    public static RecoveryGate Of(ActorSystem system) => Gates.GetOrCreateValue(system);

    public void Shut() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.TrySetResult();

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
