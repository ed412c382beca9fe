using System.Runtime.InteropServices;

namespace ActorDcp.Host.CommandLine;

/// <summary>Turns Ctrl-C and SIGTERM into one cancellation, so that everything can be flushed. A second one ends at once, and says so.</summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly Terminal _terminal;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public ShutdownSignals(Terminal terminal)
    {
        _terminal = terminal;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
    }

    /// <summary>Cancelled when the process shall end.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether it was Ctrl-C.</summary>
    public bool WasInterrupted { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        if (_stopping.IsCancellationRequested)
        {
            // left to the system, which ends the process as if nobody had listened
            _terminal.Log("told to stop a second time: ends at once, and nothing more is finished or saved");
            return;
        }
        signal.Cancel = true;
        WasInterrupted = signal.Signal == PosixSignal.SIGINT;
        _stopping.Cancel();
    }
}
