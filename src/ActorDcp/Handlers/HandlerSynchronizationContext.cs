namespace ActorDcp.Handlers;

/// <summary>Continues what a handler awaits on the actor's own scheduler, so that its context is there and its order kept.</summary>
internal sealed class HandlerSynchronizationContext(TaskScheduler actor) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) =>
        Task.Factory.StartNew(d.Invoke, state, CancellationToken.None, TaskCreationOptions.None, actor);

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("an actor cannot be called synchronously");

    public override SynchronizationContext CreateCopy() => this;
}
