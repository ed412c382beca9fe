using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>The server itself works out whether a value is JSON (dcp-reference.md 3.21).</summary>
internal static class JsonDetection
{
    private const int MaxDepth = 10_000;

    public static Datatype DatatypeOf(ReadOnlySpan<byte> value) => IsJson(value) ? Datatype.Json : Datatype.Raw;

    private static bool IsJson(ReadOnlySpan<byte> value)
    {
        if (!MayBeginJson(value))
            return false;
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !IsUtf8(reader.ValueSpan))
                    return false;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsUtf8(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text);

    private static bool MayBeginJson(ReadOnlySpan<byte> value)
    {
        var trimmed = value.TrimStart(" \t\r\n"u8);
        return !trimmed.IsEmpty && trimmed[0] is (byte)'{' or (byte)'[' or (byte)'"' or (byte)'-' or (byte)'t' or (byte)'f' or (byte)'n'
            or >= (byte)'0' and <= (byte)'9';
    }
}
