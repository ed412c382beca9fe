using System.Collections.Concurrent;

namespace ActorDcp.Host.Demo;

/// <summary>The newest warnings, shown below the live view instead of through it.</summary>
internal sealed class DemoLog : ILoggerProvider
{
    private const int Kept = 4;
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Logger(_lines);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            lines.Enqueue(formatter(state, exception));
            while (lines.Count > Kept && lines.TryDequeue(out _))
            {
            }
        }
    }
}
