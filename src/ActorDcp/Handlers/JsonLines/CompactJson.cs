using System.Text.Json;

namespace ActorDcp.Handlers.JsonLines;

/// <summary>Documents as JSON on one line: token by token, so white space between tokens goes and numbers keep their digits.</summary>
internal static class CompactJson
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 900 };

    /// <summary>Whether the bytes are one JSON value, not nested deeper than can be written.</summary>
    public static bool IsJson(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            while (reader.Read())
            {
                // a lone surrogate or bytes that are no UTF-8 show only when a string is taken
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !IsText(ref reader))
                    return false;
            }
            return !body.IsEmpty;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Writes a value of which <see cref="IsJson"/> is true.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> body)
    {
        // in most documents nothing stands between the tokens that would break the line
        if (!body.ContainsAny((byte)'\n', (byte)'\r'))
        {
            json.WriteRawValue(body, skipInputValidation: true);
            return;
        }
        using var document = Parse(body);
        document.WriteTo(json);
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, Options);
        return JsonDocument.ParseValue(ref reader);
    }

    private static bool IsText(ref Utf8JsonReader reader) =>
        System.Text.Unicode.Utf8.IsValid(reader.ValueSpan) && !HasLoneSurrogate(ref reader);

    private static bool HasLoneSurrogate(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return false;
        try
        {
            reader.GetString();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
