using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ActorDcp.Hosting;

namespace ActorDcp.Host.CommandLine;

/// <summary>Options whose errors name the option, the value and the mend.</summary>
internal static class OptionOf
{
    public static Option<string?> Text(string name, string description, string? fallback = null) =>
        new(name) { Description = description, DefaultValueFactory = fallback is null ? null : _ => fallback };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<int> Number(string name, string description, int fallback, int smallest, int largest) =>
        Parsed(name, description, fallback, text =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= smallest && value <= largest
                ? (value, null)
                : (0, string.Create(CultureInfo.InvariantCulture, $"is not in range: write a whole number from {smallest} to {largest}")));

    public static Option<int?> OptionalNumber(string name, string description, int smallest, int largest) =>
        Parsed<int?>(name, description, null, text =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= smallest && value <= largest
                ? (value, null)
                : (null, string.Create(CultureInfo.InvariantCulture, $"is not in range: write a whole number from {smallest} to {largest}")));

    public static Option<long> LongNumber(string name, string description, long fallback, long smallest) =>
        Parsed(name, description, fallback, text =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= smallest
                ? (value, null)
                : (0L, string.Create(CultureInfo.InvariantCulture, $"is not in range: write a whole number from {smallest}")));

    public static Option<ByteSize> Size(string name, string description, ByteSize fallback) =>
        Parsed(name, description, fallback, text =>
            ByteSize.TryParse(text, out var value) ? (value, null) : (default, "is not a size: write a number and a unit, such as 20MiB"));

    public static Option<T> Choice<T>(string name, string description, T fallback, params (string Name, T Value)[] choices) =>
        Parsed(name, description, fallback, text =>
        {
            foreach (var (choice, value) in choices)
                if (string.Equals(choice, text, StringComparison.OrdinalIgnoreCase))
                    return (value, null);
            return (fallback, $"is not known: write one of {string.Join(", ", choices.Select(choice => choice.Name))}");
        });

    /// <summary>An option that a function reads; it returns the value, or what is wrong and how to mend it.</summary>
    public static Option<T> Parsed<T>(string name, string description, T fallback, Func<string, (T Value, string? Mend)> parse) =>
        new(name)
        {
            Description = description,
            DefaultValueFactory = fallback is null ? null : _ => fallback,
            CustomParser = result => Parse(name, result, fallback, parse),
        };

    private static T Parse<T>(string name, ArgumentResult result, T fallback, Func<string, (T Value, string? Mend)> parse)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        var (value, mend) = parse(text);
        if (mend is null)
            return value;
        result.AddError($"{name} \"{text}\" {mend}");
        return fallback;
    }
}
