using System.Globalization;
using Spectre.Console;

namespace ActorDcp.Host.Drain;

/// <summary>A bar on the terminal's error stream, redrawn a few times a second while a drain runs.</summary>
internal sealed class DrainProgress : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private const int BarWidth = 40;

    private readonly DrainSession _session;
    private readonly IAnsiConsole _console;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private long _lastItems;

    /// <param name="session">What to show.</param>
    /// <param name="terminal">Where to draw.</param>
    /// <param name="time">The clock.</param>
    public DrainProgress(DrainSession session, IAnsiConsoleOutput terminal, TimeProvider time)
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = terminal });
        _session = session;
        _timer = time.CreateTimer(_ => Draw(), null, Interval, Interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        Draw();
        _console.WriteLine();
    }

    private void Draw()
    {
        lock (_gate)
        {
            var items = _session.Counters.Items;
            var rate = (long)((items - _lastItems) / Interval.TotalSeconds);
            _lastItems = items;
            var figures = string.Create(CultureInfo.InvariantCulture, $"{items:N0} changes, {rate:N0} a second");
            _console.Write(new ControlCode("\r\u001b[2K"));
            if (_session.TotalSeqnos is not ({ } total and > 0))
            {
                _console.Write(new Text(figures));
                return;
            }
            var done = Math.Clamp((double)_session.Counters.Seqnos / total, 0, 1);
            var filled = (int)(done * BarWidth);
            _console.Write(new Text(string.Create(
                CultureInfo.InvariantCulture, $"{new string('━', filled)}{new string('─', BarWidth - filled)} {done:P0}  {figures}")));
        }
    }
}
