using System.Text;

namespace ActorDcp.Protocol.Requests;

/// <summary>
/// The name of a DCP connection (dcp-reference.md 3.1). It must be unique per node and process, because a second connection of the
/// same name makes the server drop the first. Not empty, at most 200 bytes, without braces, and without the word "replication", which
/// would switch cursor dropping off.
/// </summary>
public sealed class DcpConnectionName
{
    /// <summary>Most bytes that are recommended.</summary>
    public const int MaxLength = 200;

    private const string Reserved = "replication";

    private DcpConnectionName(string value) => Value = value;

    /// <summary>The name.</summary>
    public string Value { get; }

    /// <summary>Takes a name as it is.</summary>
    /// <exception cref="ArgumentException">It breaks one of the rules.</exception>
    public static DcpConnectionName Parse(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Encoding.UTF8.GetByteCount(name) > MaxLength)
            throw new ArgumentException($"a connection name has at most {MaxLength} bytes", nameof(name));
        if (name.AsSpan().IndexOfAny('{', '}') >= 0)
            throw new ArgumentException("a connection name has no braces", nameof(name));
        if (name.Contains(Reserved, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"a connection name does not contain '{Reserved}'", nameof(name));
        return new DcpConnectionName(name);
    }

    /// <summary>
    /// Makes a legal name from any parts: joined by <c>/</c>, without what is not allowed. Too long a name loses the ends of its
    /// parts, the first one's first and the last one's never: it is what makes the name unique.
    /// </summary>
    /// <exception cref="ArgumentException">Nothing is left, or the last part alone is too long.</exception>
    public static DcpConnectionName Create(string first, params ReadOnlySpan<string> others)
    {
        ArgumentNullException.ThrowIfNull(first);
        string[] parts = [Clean(first), .. others];
        for (var i = 1; i < parts.Length; i++)
            parts[i] = Clean(parts[i]);
        var excess = Encoding.UTF8.GetByteCount(string.Join('/', parts)) - MaxLength;
        for (var i = 0; i < parts.Length - 1 && excess > 0; i++)
        {
            var before = Encoding.UTF8.GetByteCount(parts[i]);
            parts[i] = Shorten(parts[i], before - excess);
            excess -= before - Encoding.UTF8.GetByteCount(parts[i]);
        }
        return Parse(string.Join('/', parts));
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>The beginning of a text, in whole characters of at most so many bytes.</summary>
    private static string Shorten(string text, int bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                break;
            length += rune.Utf16SequenceLength;
        }
        return text[..length];
    }

    private static string Clean(string part) =>
        part.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
            .Replace(Reserved, "repl", StringComparison.OrdinalIgnoreCase);
}
