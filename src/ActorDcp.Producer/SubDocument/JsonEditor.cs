using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>
/// The operations on one path of a JSON text (dcp-reference.md 3.21). What they do not touch stays byte for byte as it was written,
/// as on a Couchbase node.
/// </summary>
internal static class JsonEditor
{
    /// <summary>The text that a path leads to.</summary>
    public static Status Get(ReadOnlySpan<byte> document, DocumentPath path, out ReadOnlySpan<byte> value)
    {
        var match = JsonMatch.Find(document, path);
        value = match.IsComplete ? document[match.Start..match.End] : default;
        return match.Status != Status.Success ? match.Status : match.IsComplete ? Status.Success : Status.SubdocPathNotFound;
    }

    /// <summary>How many entries the container has that a path leads to.</summary>
    public static Status Count(ReadOnlySpan<byte> document, DocumentPath path, out byte[] count)
    {
        count = [];
        var status = Get(document, path, out var value);
        if (status != Status.Success)
            return status;
        if (value[0] is not ((byte)'{' or (byte)'['))
            return Status.SubdocPathMismatch;
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = JsonMatch.MaxDepth });
        reader.Read();
        var entries = 0;
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
                reader.Read();
            reader.Skip();
            entries++;
        }
        count = Encoding.ASCII.GetBytes(entries.ToString(CultureInfo.InvariantCulture));
        return Status.Success;
    }

    /// <summary>Changes a document's text.</summary>
    /// <param name="operation">One of the mutating single-path operations.</param>
    /// <param name="document">The text; replaced by the new one on success.</param>
    /// <param name="path">Where.</param>
    /// <param name="value">The operation's value.</param>
    /// <param name="makesParents">Whether missing parents are made.</param>
    /// <param name="result">What the operation answers; null for nothing.</param>
    public static Status Edit(
        Opcode operation, ref byte[] document, DocumentPath path, ReadOnlySpan<byte> value, bool makesParents, out byte[]? result)
    {
        result = null;
        var depth = JsonMatch.MaxDepth - path.Count;
        return operation switch
        {
            Opcode.SubdocDictAdd or Opcode.SubdocDictUpsert or Opcode.SubdocReplace =>
                Fault(JsonText.Check(value, depth)) ?? Store(operation, ref document, path, value, makesParents),
            Opcode.SubdocDelete => Remove(ref document, path),
            Opcode.SubdocArrayPushFirst or Opcode.SubdocArrayPushLast =>
                Fault(JsonText.CheckElements(value, depth))
                ?? Push(ref document, path, value, atEnd: operation == Opcode.SubdocArrayPushLast, makesParents),
            Opcode.SubdocArrayInsert => Fault(JsonText.CheckElements(value, depth)) ?? Insert(ref document, path, value),
            Opcode.SubdocArrayAddUnique => Fault(JsonText.Check(value, depth)) ?? AddUnique(ref document, path, value, makesParents),
            Opcode.SubdocCounter => Add(ref document, path, value, makesParents, out result),
            _ => Status.NotSupported,
        };
    }

    private static Status? Fault(JsonTextFault fault) => fault switch
    {
        JsonTextFault.None => null,
        JsonTextFault.TooDeep => Status.SubdocValueTooDeep,
        _ => Status.SubdocValueCannotInsert,
    };

    private static Status Store(Opcode operation, ref byte[] document, DocumentPath path, ReadOnlySpan<byte> value, bool makesParents)
    {
        if (operation != Opcode.SubdocReplace && path.Last.IsIndex)
            return Status.SubdocPathInvalid;
        var match = JsonMatch.Find(document, path);
        if (match.Status != Status.Success)
            return match.Status;
        if (!match.IsComplete)
            return operation == Opcode.SubdocReplace ? Status.SubdocPathNotFound : Make(ref document, path, match, value, makesParents);
        if (operation == Opcode.SubdocDictAdd)
            return Status.SubdocPathExists;
        Splice(ref document, match.Start, match.End, value);
        return Status.Success;
    }

    /// <summary>Adds an entry to the last object that was found on the way, and in it what is missing of the path.</summary>
    private static Status Make(ref byte[] document, DocumentPath path, in JsonMatch match, ReadOnlySpan<byte> value, bool makesParents)
    {
        var isParentThere = match.Found == path.Count - 1;
        if (!isParentThere && !makesParents)
            return Status.SubdocPathNotFound;
        var text = new List<byte>(value.Length + 32);
        if (match.Children > 0)
            text.Add((byte)',');
        for (var i = match.Found; i < path.Count; i++)
        {
            if (path[i].IsIndex)
                return Status.SubdocPathNotFound;
            if (i > match.Found)
                text.Add((byte)'{');
            text.Add((byte)'"');
            text.AddRange(path[i].Json);
            text.AddRange("\":"u8);
        }
        text.AddRange(value);
        text.AddRange(Enumerable.Repeat((byte)'}', path.Count - match.Found - 1));
        Splice(ref document, match.End - 1, match.End - 1, [.. text]);
        return Status.Success;
    }

    private static Status Remove(ref byte[] document, DocumentPath path)
    {
        var match = JsonMatch.Find(document, path);
        if (match.Status != Status.Success)
            return match.Status;
        if (!match.IsComplete)
            return Status.SubdocPathNotFound;
        int start = match.EntryStart, end = match.End;
        if (!match.IsLast)
            end += document.AsSpan(end).IndexOf((byte)',') + 1;
        else if (match.HasPrevious)
            start = document.AsSpan(0, start).LastIndexOf((byte)',');
        Splice(ref document, start, end, default);
        return Status.Success;
    }

    private static Status Push(ref byte[] document, DocumentPath path, ReadOnlySpan<byte> value, bool atEnd, bool makesParents)
    {
        var match = JsonMatch.Find(document, path);
        if (match.Status != Status.Success)
            return match.Status;
        if (!match.IsComplete)
            return makesParents ? Make(ref document, path, match, [(byte)'[', .. value, (byte)']'], makesParents) : Status.SubdocPathNotFound;
        if (match.Kind != JsonTokenType.StartArray)
            return Status.SubdocPathMismatch;
        var isEmpty = document.AsSpan(match.Start + 1, match.End - match.Start - 2).Trim(" \t\r\n"u8).IsEmpty;
        if (isEmpty)
            Splice(ref document, match.Start + 1, match.End - 1, value);
        else if (atEnd)
            Splice(ref document, match.End - 1, match.End - 1, [(byte)',', .. value]);
        else
            Splice(ref document, match.Start + 1, match.Start + 1, [.. value, (byte)',']);
        return Status.Success;
    }

    private static Status Insert(ref byte[] document, DocumentPath path, ReadOnlySpan<byte> value)
    {
        if (!path.Last.IsIndex || path.Last.Index < 0)
            return Status.SubdocPathInvalid;
        var match = JsonMatch.Find(document, path);
        if (match.Status != Status.Success)
            return match.Status;
        if (match.IsComplete)
        {
            Splice(ref document, match.Start, match.Start, [.. value, (byte)',']);
            return Status.Success;
        }
        return match.Found == path.Count - 1 && match.Children == path.Last.Index
            ? Push(ref document, path.Parent, value, atEnd: true, makesParents: false)
            : Status.SubdocPathNotFound;
    }

    /// <summary>Adds a primitive to an array of primitives that does not have it.</summary>
    private static Status AddUnique(ref byte[] document, DocumentPath path, ReadOnlySpan<byte> value, bool makesParents)
    {
        value = value.Trim(" \t\r\n"u8);
        if (value[0] is (byte)'{' or (byte)'[')
            return Status.SubdocValueCannotInsert;
        var match = JsonMatch.Find(document, path);
        if (match is { Status: Status.Success, IsComplete: true, Kind: JsonTokenType.StartArray })
        {
            var reader = new Utf8JsonReader(document.AsSpan(match.Start, match.End - match.Start));
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                    return Status.SubdocPathMismatch;
                var element = document.AsSpan(match.Start + (int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
                if (element.SequenceEqual(value))
                    return Status.SubdocPathExists;
            }
        }
        return Push(ref document, path, value, atEnd: true, makesParents);
    }

    private static Status Add(ref byte[] document, DocumentPath path, ReadOnlySpan<byte> delta, bool makesParents, out byte[]? result)
    {
        result = null;
        if (!Utf8Parser.TryParse(delta, out long step, out var consumed) || consumed != delta.Length || step == 0)
            return Status.SubdocDeltaInvalid;
        var match = JsonMatch.Find(document, path);
        if (match.Status != Status.Success)
            return match.Status;
        if (!match.IsComplete)
        {
            result = Digits(step);
            return Make(ref document, path, match, result, makesParents);
        }
        var old = document.AsSpan(match.Start, match.End - match.Start);
        if (match.Kind != JsonTokenType.Number || old.ContainsAny((byte)'.', (byte)'e', (byte)'E'))
            return Status.SubdocPathMismatch;
        if (!Utf8Parser.TryParse(old, out long number, out consumed) || consumed != old.Length)
            return Status.SubdocNumOutOfRange;
        var sum = (Int128)number + step;
        if (sum < long.MinValue || sum > long.MaxValue)
            return Status.SubdocValueCannotInsert;
        result = Digits((long)sum);
        Splice(ref document, match.Start, match.End, result);
        return Status.Success;
    }

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static void Splice(ref byte[] document, int start, int end, ReadOnlySpan<byte> text)
    {
        var changed = new byte[document.Length - (end - start) + text.Length];
        document.AsSpan(0, start).CopyTo(changed);
        text.CopyTo(changed.AsSpan(start));
        document.AsSpan(end).CopyTo(changed.AsSpan(start + text.Length));
        document = changed;
    }
}
