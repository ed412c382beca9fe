using System.Buffers;
using System.Globalization;
using ActorDcp.Group;

namespace ActorDcp.Hosting.Configuration;

/// <summary>A collection or scope as people write it: by its number, decimal or hexadecimal with 0x, or by its name.</summary>
internal static class CollectionText
{
    private const string Numbers = "or its number, decimal or as 0x and hexadecimal digits";

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-%");

    /// <summary>For a text that was checked before.</summary>
    public static FilterName Parse(string text) => new(text, TryParseNumber(text, out var number) ? number : null);

    /// <summary>Null, or what is wrong and how to mend it.</summary>
    public static string? CheckCollection(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return TryParseNumber(text, out _) || (dot > 0 && IsName(text.AsSpan(0, dot)) && IsName(text.AsSpan(dot + 1)))
            ? null
            : $"is no collection: write scope.name, {Numbers}";
    }

    /// <inheritdoc cref="CheckCollection"/>
    public static string? CheckScope(string text) =>
        TryParseNumber(text, out _) || IsName(text) ? null : $"is no scope: write its name, {Numbers}";

    private static bool IsName(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Letters);

    private static bool TryParseNumber(string text, out uint number) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
