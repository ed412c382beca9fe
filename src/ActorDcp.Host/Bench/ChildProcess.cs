using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Bench;

/// <summary>A process that is measured. Killed when disposed.</summary>
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
    /// <exception cref="FailureException">It ended without.</exception>
    public async Task<JsonElement> ReadLineAsync(CancellationToken deadline)
    {
        var line = await _process.StandardOutput.ReadLineAsync(deadline).ConfigureAwait(false);
        if (line is null)
            throw new FailureException($"\"{string.Join(' ', _process.StartInfo.ArgumentList)}\" ended early: {await _errors.WaitAsync(deadline).ConfigureAwait(false)}");
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

    public long RssBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public long PeakRssBytes
    {
        get
        {
            // the runtime reads no peak of another process on Linux
            var status = string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status");
            if (!File.Exists(status))
                return _process.PeakWorkingSet64;
            var line = File.ReadLines(status).First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }
}
