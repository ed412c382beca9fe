using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>A process that is measured, with a deadline. Killed when disposed.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Time since it was started.</summary>
    public Stopwatch Running { get; } = Stopwatch.StartNew();

    public static ChildProcess Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line of its output as JSON.</summary>
    public async Task<JsonElement> ReadLineAsync(CancellationToken deadline)
    {
        var line = await _process.StandardOutput.ReadLineAsync(deadline);
        if (line is null)
            throw new InvalidOperationException($"a process ended early: {await _errors.WaitAsync(deadline)}");
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    /// <summary>CPU used so far, user and kernel.</summary>
    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    public long PeakRssBytes
    {
        get
        {
            // the runtime reads no peak of another process on Linux
            var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status"))
                .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
