using System.Collections.Concurrent;
using Akka.Actor;
using Akka.DependencyInjection;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using HostLevel = Microsoft.Extensions.Logging.LogLevel;

namespace ActorDcp.Hosting.Runtime;

/// <summary>
/// Brings what actors log to the host's logging, under the actor's type as category, so that the host's filters choose: ours are
/// <c>ActorDcp.*</c>, Akka's own <c>Akka.*</c>.
/// </summary>
internal sealed partial class ActorLogger : ActorBase, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly ILoggerFactory _factory = DependencyResolver.For(Context.System).Resolver.GetService<ILoggerFactory>();
    private readonly LogEnd _end = DependencyResolver.For(Context.System).Resolver.GetService<LogEnd>();
    private readonly ConcurrentDictionary<Type, ILogger> _loggers = new();

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent log:
                Write(log);
                return true;
            default:
                return false;
        }
    }

    private void Write(LogEvent log)
    {
        if (_end.IsReached)
            return;
        var logger = _loggers.GetOrAdd(log.LogClass ?? typeof(ActorSystem), type => _factory.CreateLogger(type.FullName ?? type.Name));
        var level = log switch
        {
            Debug => HostLevel.Debug,
            Info => HostLevel.Information,
            Warning => HostLevel.Warning,
            _ => HostLevel.Error,
        };
        if (!logger.IsEnabled(level))
            return;
        var message = log.Message?.ToString() ?? "";
        Write(logger, level, message, log.Cause);
    }

    [LoggerMessage(EventId = 4100, Message = "{Message}")]
    private static partial void Write(ILogger logger, HostLevel level, string message, Exception? cause);
}
