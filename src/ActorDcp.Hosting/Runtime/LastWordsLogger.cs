using Akka.Event;

namespace ActorDcp.Hosting.Runtime;

/// <summary>
/// What Akka logs with once its loggers are gone: warnings and errors go to standard error, for standard output is for facts; that
/// it has shut down is nobody's news.
/// </summary>
internal sealed class LastWordsLogger : MinimalLogger
{
    protected override void Log(object message)
    {
        if (message is Warning or Error)
            Console.Error.WriteLine(message);
    }
}
