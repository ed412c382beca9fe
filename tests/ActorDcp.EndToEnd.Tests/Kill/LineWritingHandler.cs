using ActorDcp.Handlers;
using ActorDcp.Handlers.JsonLines;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>
/// The <c>jsonl</c> handler in front of which a fault may stand: <see cref="LineFaults.Drops"/> picks changes that are said to be
/// handled and are not.
/// </summary>
internal sealed class LineWritingHandler : IDcpHandler, IDisposable
{
    private readonly LineFaults _faults;
    private readonly JsonLinesFile _file;
    private readonly JsonLinesHandler _handler;
    private readonly string _member;

    public LineWritingHandler(HandlerAssignment assignment, JsonLinesFiles files, LineFaults faults)
    {
        _faults = faults;
        _member = assignment.Member;
        _file = files.Open(faults.Path, assignment.Member);
        _handler = new JsonLinesHandler(_file, assignment.Member, values: false, TimeProvider.System);
    }

    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        if (_faults.Drops is null)
            return _handler.HandleAsync(batch, stopping);
        using var lines = new DcpJsonLines();
        foreach (var change in batch)
            if (!_faults.Drops(change.VBucket, change.Seqno))
                lines.Write(batch, change, new JsonLineStamp(TimeProvider.System.GetUtcNow(), _member, batch.Epoch));
        _file.Append(lines.Written.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => _handler.RolledBackAsync(rollback, stopping);

    public void Dispose() => _handler.Dispose();
}

/// <summary>Where lines go, and which changes are dropped.</summary>
internal sealed record LineFaults(string Path, Func<VBucketId, Seqno, bool>? Drops = null);
