using System.Text.Json;
using ActorDcp.Handlers.JsonLines;

namespace ActorDcp.Handlers.LastStates;

/// <summary>
/// What happened to a <see cref="LastStateTable"/>, one line of JSON each, so that it can be made again after a restart. A torn
/// last line is left out.
/// </summary>
internal sealed class LastStateLog : IDisposable
{
    /// <summary>One change, one collection that went, or one way back: whichever is not null.</summary>
    internal sealed record Line(ulong Seqno, Document? Document = null, uint? Collection = null, bool Back = false);

    internal sealed record Document(uint Collection, string Key, ulong Cas, bool Removed, byte[] Body);

    private readonly JsonLinesFile _file;
    private readonly MemoryStream _pending = new();

    private LastStateLog(JsonLinesFile file) => _file = file;

    /// <summary>Opens the log, and repeats in a table what it tells.</summary>
    public static LastStateLog Open(string path, LastStateTable table)
    {
        // a torn line is ended first, so that what follows it can be read
        var log = new LastStateLog(new JsonLinesFile(path));
        foreach (var text in File.ReadLines(path))
            if (Read(text) is { } line)
                Repeat(line, table);
        return log;
    }

    public void Add(Line line)
    {
        JsonSerializer.Serialize(_pending, line);
        _pending.WriteByte((byte)'\n');
    }

    /// <summary>Gives what was added to the operating system.</summary>
    public void Flush()
    {
        _file.Append(_pending.GetBuffer().AsSpan(0, (int)_pending.Length));
        _pending.SetLength(0);
    }

    public void Dispose() => _file.Dispose();

    private static Line? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Repeat(Line line, LastStateTable table)
    {
        var seqno = new Seqno(line.Seqno);
        if (line.Document is { } document)
            table.Apply(new DocumentKey(document.Collection, document.Key), new LastState(seqno, document.Cas, document.Removed, document.Body));
        else if (line.Collection is { } collection)
            table.RemoveCollection(collection, seqno);
        else if (line.Back)
            table.GoBackTo(seqno);
    }
}
