using ActorDcp.Handlers.JsonLines;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Drain;

/// <summary>Events as JSON lines into a stream, in large pieces.</summary>
internal sealed class JsonLinesOutput(Stream stream, bool values, bool systemEvents) : IDrainOutput
{
    /// <summary>Lines are handed to the stream once so many bytes are waiting: large enough that a system call costs nothing per line.</summary>
    private const int WriteAbove = 256 * 1024;

    private readonly DcpJsonLines _lines = new(values);

    public void Write(DcpBatch batch, int count)
    {
        var markers = batch.Markers;
        var marker = 0;
        for (var i = 0; i < count; i++)
        {
            while (marker < markers.Length && markers[marker].Index <= i)
                _lines.Write(batch.VBucket, markers[marker++].Marker);
            var change = batch[i];
            if (change.Kind != DcpEventKind.SystemEvent || systemEvents)
                _lines.Write(batch, change);
            if (_lines.Written.Length >= WriteAbove)
                WriteOut();
        }
    }

    public void Write(RolledBack rollback) => _lines.Write(rollback);

    public void Write(VBucketId vbucket, StreamEndReason reason) => _lines.Write(vbucket, reason);

    public void Flush()
    {
        WriteOut();
        Guard(stream.Flush);
    }

    public void Dispose()
    {
        _lines.Dispose();
        stream.Dispose();
    }

    private void WriteOut()
    {
        if (_lines.Written.IsEmpty)
            return;
        Guard(() => stream.Write(_lines.Written.Span));
        _lines.Clear();
    }

    private static void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (IOException e)
        {
            throw new FailureException($"the output cannot be written ({e.Message}): free its disk, or keep its reader running", e);
        }
    }
}
