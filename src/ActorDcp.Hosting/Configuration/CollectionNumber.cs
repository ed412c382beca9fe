using System.Globalization;

namespace ActorDcp.Hosting.Configuration;

/// <summary>A collection or scope by its number: decimal, or hexadecimal with 0x.</summary>
internal static class CollectionNumber
{
    public const string Mend = "names cannot be resolved yet: write the number, decimal or as 0x and hexadecimal digits";

    public static uint Parse(string text) => TryParse(text, out var number) ? number : throw new FormatException($"{text}: {Mend}");

    public static bool TryParse(string text, out uint number) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
