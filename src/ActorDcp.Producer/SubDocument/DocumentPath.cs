using System.Text.Json;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>
/// A path into a JSON document: <c>a.b[0].c</c>. Back-ticks take dots and brackets literally, two of them are one; <c>[-1]</c> is
/// the last element. Keys are written as in JSON, so a quote in one is escaped.
/// </summary>
internal sealed class DocumentPath
{
    public const int MaxLength = 1024;
    private const int MaxComponents = 31;
    private const int MaxIndexDigits = 9;
    private readonly List<PathComponent> _components;

    private DocumentPath(List<PathComponent> components) => _components = components;

    public static DocumentPath Root { get; } = new([]);

    public int Count => _components.Count;

    public PathComponent this[int index] => _components[index];

    public PathComponent Last => _components[^1];

    /// <summary>The path without its last component.</summary>
    public DocumentPath Parent => new(_components[..^1]);

    /// <summary>Reads a path.</summary>
    /// <returns>Success, SubdocPathInvalid or SubdocPathTooBig.</returns>
    public static Status TryParse(ReadOnlySpan<byte> text, out DocumentPath path)
    {
        path = Root;
        var components = new List<PathComponent>();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '[')
            {
                if (!TryReadIndex(text, ref at, out var component))
                    return Status.SubdocPathInvalid;
                components.Add(component);
            }
            else
            {
                if (!TryReadKey(text, ref at, out var component))
                    return Status.SubdocPathInvalid;
                components.Add(component);
            }
            if (at == text.Length || text[at] == '[')
                continue;
            // a dot must be followed by a key
            if (text[at] != '.' || ++at == text.Length || text[at] == '[')
                return Status.SubdocPathInvalid;
        }
        if (components.Count > MaxComponents)
            return Status.SubdocPathTooBig;
        path = new DocumentPath(components);
        return Status.Success;
    }

    private static bool TryReadIndex(ReadOnlySpan<byte> text, ref int at, out PathComponent component)
    {
        component = default;
        var length = text[at..].IndexOf((byte)']') - 1;
        if (length < 1)
            return false;
        var digits = text.Slice(at + 1, length);
        at += length + 2;
        var index = -1;
        if (!digits.SequenceEqual("-1"u8))
        {
            if (digits.Length > MaxIndexDigits || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                return false;
            index = int.Parse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
        }
        component = new PathComponent(null, [], index);
        return true;
    }

    private static bool TryReadKey(ReadOnlySpan<byte> text, ref int at, out PathComponent component)
    {
        component = default;
        var json = new List<byte>(text.Length - at);
        var isQuoted = false;
        for (; at < text.Length; at++)
        {
            var next = text[at];
            if (next == '`')
            {
                if (isQuoted && at + 1 < text.Length && text[at + 1] == '`')
                    at++;
                else
                {
                    isQuoted = !isQuoted;
                    continue;
                }
            }
            else if (!isQuoted && next is (byte)'.' or (byte)'[')
                break;
            else if (!isQuoted && next == ']')
                return false;
            json.Add(next);
        }
        if (isQuoted || json.Count == 0 || TryUnescape(json) is not { } key)
            return false;
        component = new PathComponent(key, [.. json], 0);
        return true;
    }

    private static byte[]? TryUnescape(List<byte> json)
    {
        byte[] quoted = [(byte)'"', .. json, (byte)'"'];
        try
        {
            var reader = new Utf8JsonReader(quoted);
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || reader.BytesConsumed != quoted.Length)
                return null;
            if (!reader.ValueIsEscaped)
                return System.Text.Unicode.Utf8.IsValid(reader.ValueSpan) ? reader.ValueSpan.ToArray() : null;
            var key = new byte[quoted.Length];
            return key[..reader.CopyString(key)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
