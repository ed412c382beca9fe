using ActorDcp.Client;
using BenchmarkDotNet.Attributes;

namespace ActorDcp.Benchmarks.Pieces;

/// <summary>Time and memory of an event in the flow-control books: charged when it is decoded, released with its batch.</summary>
public class LedgerBenchmark : IDisposable
{
    private const int Events = 65_536;
    private const int Charge = 320;
    private const int Window = 20 * 1024 * 1024;

    private FlowControlLedger _ledger = null!;
    private long _acknowledged;

    /// <summary>Events released at a time.</summary>
    [Params(1, 16, 256)]
    public int EventsABatch { get; set; }

    /// <summary>Makes the books.</summary>
    [GlobalSetup]
    public void Open() => _ledger = new FlowControlLedger(Window, parked: null, TimeProvider.System, bytes => _acknowledged += bytes);

    /// <summary>Charges each event and releases each batch.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public long ChargeAndRelease()
    {
        for (var batch = 0; batch < Events / EventsABatch; batch++)
        {
            for (var i = 0; i < EventsABatch; i++)
                _ledger.Charge(Charge);
            _ledger.Release((long)Charge * EventsABatch);
        }
        return _acknowledged;
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _ledger.Dispose();
        GC.SuppressFinalize(this);
    }
}
