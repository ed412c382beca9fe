using System.Text.Json;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Checks values before they are put into a document's text.</summary>
internal static class JsonText
{
    private const int DeepEnough = 10_000;

    /// <summary>Whether a text is exactly one JSON value of so many levels.</summary>
    public static JsonTextFault Check(ReadOnlySpan<byte> text, int maxDepth)
    {
        if (IsJson(text, Math.Clamp(maxDepth, 1, DeepEnough)))
            return JsonTextFault.None;
        return maxDepth < DeepEnough && IsJson(text, DeepEnough) ? JsonTextFault.TooDeep : JsonTextFault.NotJson;
    }

    /// <summary>Whether a text is what may stand between the brackets of an array: one value or more, with commas.</summary>
    public static JsonTextFault CheckElements(ReadOnlySpan<byte> text, int maxDepth) =>
        text.Trim(" \t\r\n"u8).IsEmpty ? JsonTextFault.NotJson : Check([(byte)'[', .. text, (byte)']'], maxDepth);

    private static bool IsJson(ReadOnlySpan<byte> text, int maxDepth)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            var isEmpty = true;
            while (reader.Read())
            {
                isEmpty = false;
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !System.Text.Unicode.Utf8.IsValid(reader.ValueSpan))
                    return false;
            }
            return !isEmpty;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
