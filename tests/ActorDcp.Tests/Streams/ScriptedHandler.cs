using System.Collections.Concurrent;
using ActorDcp.Handlers;

namespace ActorDcp.Tests.Streams;

/// <summary>What scripted handlers saw, in order.</summary>
internal sealed class HandlerJournal
{
    private readonly ConcurrentQueue<ulong[]> _calls = new();

    /// <summary>The seqnos of each call, in order of the calls.</summary>
    public IReadOnlyList<ulong[]> Calls => [.. _calls];

    public IReadOnlyList<ulong> Seqnos => [.. _calls.SelectMany(call => call)];

    public int Record(DcpBatch batch)
    {
        var seqnos = new List<ulong>();
        foreach (var change in batch)
            seqnos.Add(change.Seqno.Value);
        _calls.Enqueue([.. seqnos]);
        return _calls.Count;
    }
}

/// <summary>Does with each batch what a test says, given the number of the call from 1.</summary>
internal sealed class ScriptedHandler(HandlerJournal journal, Func<int, DcpBatch, CancellationToken, ValueTask> script) : DcpHandlerActor
{
    protected override ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping) =>
        script(journal.Record(batch), batch, stopping);
}
