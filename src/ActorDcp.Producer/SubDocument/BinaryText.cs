using System.Buffers.Text;
using System.Text.Json;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Bytes that are no JSON, kept as a JSON string: a prefix, then base 64.</summary>
internal static class BinaryText
{
    private static ReadOnlySpan<byte> Prefix => "\"cb-content-base64-encoded:"u8;

    public static byte[] Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Base64.EncodeToUtf8(bytes, text, out _, out var written);
        return [.. Prefix, .. text.AsSpan(0, written), (byte)'"'];
    }

    /// <summary>The bytes; null when a value is not kept this way.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<byte> json)
    {
        if (!json.StartsWith(Prefix) || json[^1] != '"')
            return null;
        // a slash may stand escaped
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var text = (reader.GetString() ?? "")[(Prefix.Length - 1)..];
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : null;
    }
}
