using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Where a path leads in a document's text, or how far.</summary>
internal readonly record struct JsonMatch
{
    /// <summary>Levels that a document may have where a path looks.</summary>
    public const int MaxDepth = 32;

    /// <summary>Success also where the path's end is missing; else SubdocPathMismatch, SubdocPathTooDeep or SubdocDocNotJson.</summary>
    public Status Status { get; private init; }

    /// <summary>Components that were found.</summary>
    public int Found { get; private init; }

    public bool IsComplete { get; private init; }

    /// <summary>First byte of the value found: of the path's end, or of the last container on the way.</summary>
    public int Start { get; private init; }

    /// <summary>Behind the last byte of the value found.</summary>
    public int End { get; private init; }

    /// <summary>First byte of the entry: of its key in an object.</summary>
    public int EntryStart { get; private init; }

    public JsonTokenType Kind { get; private init; }

    /// <summary>Whether another entry comes before the one found.</summary>
    public bool HasPrevious { get; private init; }

    /// <summary>Entries of the container whose entry is missing.</summary>
    public int Children { get; private init; }

    /// <summary>Whether the value found ends with its container.</summary>
    public bool IsLast { get; private init; }

    /// <summary>Looks a path up.</summary>
    public static JsonMatch Find(ReadOnlySpan<byte> document, DocumentPath path)
    {
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            return reader.Read() ? Walk(ref reader, path) : Failed(Status.SubdocDocNotJson);
        }
        catch (JsonException)
        {
            return Failed(IsTooDeep(document) ? Status.SubdocPathTooDeep : Status.SubdocDocNotJson);
        }
    }

    private static JsonMatch Walk(ref Utf8JsonReader reader, DocumentPath path)
    {
        var entryStart = (int)reader.TokenStartIndex;
        var hasPrevious = false;
        for (var level = 0; level < path.Count; level++)
        {
            var component = path[level];
            if (reader.TokenType != (component.IsIndex ? JsonTokenType.StartArray : JsonTokenType.StartObject))
                return Failed(Status.SubdocPathMismatch);
            var container = reader;
            var children = 0;
            if (component.IsIndex ? MoveToIndex(ref reader, component.Index, ref children, out entryStart)
                : MoveToKey(ref reader, component.Text, ref children, out entryStart))
            {
                hasPrevious = children > 0;
                continue;
            }
            var (start, kind) = ((int)container.TokenStartIndex, container.TokenType);
            container.Skip();
            return new JsonMatch { Status = Status.Success, Found = level, Start = start, End = (int)container.BytesConsumed, Kind = kind, Children = children };
        }
        var match = new JsonMatch
        {
            Status = Status.Success,
            Found = path.Count,
            IsComplete = true,
            Start = (int)reader.TokenStartIndex,
            Kind = reader.TokenType,
            EntryStart = entryStart,
            HasPrevious = hasPrevious,
        };
        reader.Skip();
        var end = (int)reader.BytesConsumed;
        var isLast = path.Count == 0 || !reader.Read() || reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject;
        return match with { End = end, IsLast = isLast };
    }

    private static bool MoveToIndex(ref Utf8JsonReader reader, int index, ref int children, out int entryStart)
    {
        entryStart = 0;
        var last = reader;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            entryStart = (int)reader.TokenStartIndex;
            if (children == index)
                return true;
            last = reader;
            reader.Skip();
            children++;
        }
        if (index != -1 || children == 0)
            return false;
        reader = last;
        children--;
        return true;
    }

    private static bool MoveToKey(ref Utf8JsonReader reader, ReadOnlySpan<byte> key, ref int children, out int entryStart)
    {
        entryStart = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            entryStart = (int)reader.TokenStartIndex;
            var isFound = reader.ValueTextEquals(key);
            reader.Read();
            if (isFound)
                return true;
            reader.Skip();
            children++;
        }
        return false;
    }

    private static bool IsTooDeep(ReadOnlySpan<byte> document) => JsonText.Check(document, int.MaxValue) == JsonTextFault.None;

    private static JsonMatch Failed(Status status) => new() { Status = status };
}
