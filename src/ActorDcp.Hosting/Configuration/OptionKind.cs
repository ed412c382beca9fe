using System.Globalization;

namespace ActorDcp.Hosting.Configuration;

/// <summary>The kinds of values that keys have, each with its text form and its own words when a text is wrong.</summary>
internal static class OptionKind
{
    public static OptionKey Text(
        string name, string description, Func<ActorDcpOptions, string?> read, Action<ActorDcpOptions, string> write) =>
        new(name, description, read, (options, text) =>
        {
            write(options, text);
            return null;
        });

    public static OptionKey Flag(
        string name, string description, Func<ActorDcpOptions, bool> read, Action<ActorDcpOptions, bool> write) =>
        new(name, description, options => read(options) ? "true" : "false", (options, text) =>
        {
            if (!bool.TryParse(text, out var value))
                return "is not a switch: write true or false";
            write(options, value);
            return null;
        });

    public static OptionKey Number(
        string name, string description, int smallest, int largest, Func<ActorDcpOptions, int> read, Action<ActorDcpOptions, int> write) =>
        new(name, description, options => read(options).ToString(CultureInfo.InvariantCulture), (options, text) =>
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < smallest || value > largest)
                return string.Create(CultureInfo.InvariantCulture, $"is not in range: write a whole number from {smallest} to {largest}");
            write(options, value);
            return null;
        });

    public static OptionKey Size(
        string name, string description, Func<ActorDcpOptions, ByteSize> read, Action<ActorDcpOptions, ByteSize> write) =>
        new(name, description, options => read(options).ToString(), (options, text) =>
        {
            if (!ByteSize.TryParse(text, out var value))
                return "is not a size: write a number and a unit, such as 20MiB";
            write(options, value);
            return null;
        });

    public static OptionKey Duration(
        string name, string description, Func<ActorDcpOptions, TimeSpan> read, Action<ActorDcpOptions, TimeSpan> write) =>
        new(name, description, options => DurationText.Format(read(options)), (options, text) =>
        {
            if (!DurationText.TryParse(text, out var value))
                return "is not a duration: write a number and a unit, such as 500ms, 5s or 2m";
            write(options, value);
            return null;
        });

    public static OptionKey Choice<T>(
        string name, string description, (string Name, T Value)[] choices, Func<ActorDcpOptions, T> read, Action<ActorDcpOptions, T> write) =>
        new(
            name,
            description,
            options => choices.FirstOrDefault(choice => EqualityComparer<T>.Default.Equals(choice.Value, read(options))).Name,
            (options, text) =>
            {
                foreach (var (choice, value) in choices)
                {
                    if (!string.Equals(choice, text, StringComparison.OrdinalIgnoreCase))
                        continue;
                    write(options, value);
                    return null;
                }
                return $"is not known: write one of {string.Join(", ", choices.Select(choice => choice.Name))}";
            });

    public static OptionKey List(string name, string description, Func<ActorDcpOptions, IList<string>> list) =>
        new(name, description, options => string.Join(',', list(options)), (options, text) =>
        {
            var items = list(options);
            items.Clear();
            foreach (var item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                items.Add(item);
            return null;
        })
        {
            IsList = true,
        };
}
