using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Tests;

/// <summary>Keeps what was logged.</summary>
internal sealed class RecordingLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();
    private readonly SemaphoreSlim _added = new(0);

    public IEnumerable<(LogLevel Level, string Text)> Lines => _lines;

    /// <summary>Done whenever a line comes, by who logs it: a test's way into the middle of something.</summary>
    public Action<string>? Added { get; set; }

    public async Task WaitForAsync(Func<(LogLevel Level, string Text), bool> condition, string what)
    {
        while (!_lines.Any(condition))
            Assert.True(await _added.WaitAsync(RawClient.Deadline), $"{what} was not logged");
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        _lines.Enqueue((logLevel, text));
        Added?.Invoke(text);
        _added.Release();
    }

    public void Dispose() => _added.Dispose();
}
