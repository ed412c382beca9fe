using System.Diagnostics;
using System.Text.Json;

namespace ActorDcp.Cluster.Tests.Alarms;

/// <summary>Keeps a processor busy for each batch, however many changes it has.</summary>
internal sealed class BurningHandler : IDcpHandler
{
    private static readonly TimeSpan Burns = TimeSpan.FromMilliseconds(100);
    private static readonly int[] Numbers = [.. Enumerable.Range(1, 100)];

    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        var clock = Stopwatch.StartNew();
        // garbage too: collections stop all threads of a member, which must not pass for its death
        while (clock.Elapsed < Burns)
            JsonSerializer.Serialize(Numbers);
        return ValueTask.CompletedTask;
    }

    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
}
