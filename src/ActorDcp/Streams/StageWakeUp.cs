using Akka.Actor;
using Akka.Streams.Implementation.Fusing;
using Akka.Streams.Stage;

namespace ActorDcp.Streams;

/// <summary>
/// Wakes a stage from any thread, as an asynchronous callback of Akka.Streams does, but with one message made once: Akka's allocates
/// some 140 bytes at each call, and a batch needs two. A stage that has ended is not woken. Made when the stage first handles something:
/// before that, in <see cref="GraphStageLogic.PreStart"/> too, Akka does not tell which graph it is part of.
/// </summary>
internal sealed class StageWakeUp
{
    private readonly GraphStageLogic _stage;
    private readonly Action<object> _woken;
    private readonly GraphInterpreter _interpreter;
    private readonly object? _message;

    public StageWakeUp(GraphStageLogic stage, Action woken)
    {
        _stage = stage;
        _woken = _ => woken();
        _interpreter = GraphInterpreter.Current;
        // what it calls to pass an input on belongs to the shell that the input must name
        if (_interpreter.OnAsyncInput.Target is GraphInterpreterShell shell)
            _message = new ActorGraphInterpreter.AsyncInput(shell, stage, null, GraphStageLogic.NoPromise, _woken);
    }

    /// <summary>Whether waking allocates nothing, which the version of Akka.Streams decides.</summary>
    public bool IsFree => _message is not null;

    /// <summary>The stage's action runs soon, on the stage's own terms; once for each call.</summary>
    public void Wake()
    {
        if (_message is null)
            _interpreter.OnAsyncInput(_stage, null, GraphStageLogic.NoPromise, _woken);
        else
            _interpreter.Context.Tell(_message, ActorRefs.NoSender);
    }
}
