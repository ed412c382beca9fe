using Akka.Event;

namespace ActorDcp.Hosting.Runtime;

/// <summary>What Akka logs with once its loggers are gone: standard error, for standard output is for facts.</summary>
internal sealed class LastWordsLogger : MinimalLogger
{
    protected override void Log(object message) => Console.Error.WriteLine(message);
}
