using ActorDcp.Handlers.JsonLines;

namespace ActorDcp.Handlers;

/// <summary>Writes every event of a vbucket as a line of JSON. A batch counts as handled when its lines are with the operating system.</summary>
internal sealed class JsonLinesHandler : IDcpHandler, IDisposable
{
    /// <summary>The handler's type in the configuration.</summary>
    public const string TypeName = "jsonl";

    // lines are written in pieces of about this size, so that a large batch needs no large buffer
    private const int PieceSize = 256 * 1024;

    private readonly JsonLinesFile _file;
    private readonly string _member;
    private readonly TimeProvider _time;
    private readonly DcpJsonLines _lines;

    /// <summary>Makes the handler of one vbucket.</summary>
    /// <param name="file">Where to; shared by the vbuckets of a member.</param>
    /// <param name="member">Name of the member, which goes into every line.</param>
    /// <param name="values">Whether documents' bodies are written too.</param>
    /// <param name="time">The clock.</param>
    public JsonLinesHandler(JsonLinesFile file, string member, bool values, TimeProvider time)
    {
        _file = file;
        _member = member;
        _time = time;
        _lines = new DcpJsonLines(values);
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        var stamp = new JsonLineStamp(_time.GetUtcNow(), _member, batch.Epoch);
        var marker = 0;
        try
        {
            foreach (var change in batch)
            {
                marker = WriteMarkers(batch, marker, change.Index, stamp);
                _lines.Write(batch, change, stamp);
                if (_lines.Written.Length < PieceSize)
                    continue;
                _file.Append(_lines.Written.Span);
                _lines.Clear();
                batch.HandledThrough(change.Seqno);
            }
            WriteMarkers(batch, marker, batch.Count, stamp);
            _file.Append(_lines.Written.Span);
        }
        finally
        {
            _lines.Clear();
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
    {
        _lines.Write(rollback, new JsonLineStamp(_time.GetUtcNow(), _member, rollback.Epoch));
        _file.Append(_lines.Written.Span);
        _lines.Clear();
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives back its buffer; the file stays open for others.</summary>
    public void Dispose() => _lines.Dispose();

    private int WriteMarkers(DcpBatch batch, int next, int upTo, in JsonLineStamp stamp)
    {
        var markers = batch.Markers;
        for (; next < markers.Length && markers[next].Index <= upTo; next++)
            _lines.Write(batch.VBucket, markers[next].Marker, stamp);
        return next;
    }
}
