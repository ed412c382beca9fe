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
    /// Makes a legal name from any parts: joined by <c>/</c>, without what is not allowed. Too long a name loses the end of its
    /// first part, so that what makes it unique should come last.
    /// </summary>
    /// <exception cref="ArgumentException">Nothing is left, or the later parts alone are too long.</exception>
    public static DcpConnectionName Create(string first, params ReadOnlySpan<string> others)
    {
        ArgumentNullException.ThrowIfNull(first);
        var tail = new StringBuilder();
        foreach (var part in others)
            tail.Append('/').Append(Clean(part));
        var room = MaxLength - Encoding.UTF8.GetByteCount(tail.ToString());
        var head = Clean(first);
        while (head.Length > 0 && Encoding.UTF8.GetByteCount(head) > room)
            head = head[..^1];
        return Parse(Clean(head + tail));
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string Clean(string part) =>
        part.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
            .Replace(Reserved, "repl", StringComparison.OrdinalIgnoreCase);
}
