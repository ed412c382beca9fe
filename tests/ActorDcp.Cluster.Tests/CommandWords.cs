using System.Globalization;

namespace ActorDcp.Cluster.Tests;

/// <summary>Options of a command, all of them numbers.</summary>
internal sealed class CommandWords
{
    private readonly Dictionary<string, int> _values = [];

    /// <exception cref="FormatException">A word is not understood.</exception>
    public static CommandWords Parse(ReadOnlySpan<string> words, IReadOnlyCollection<string> known)
    {
        var parsed = new CommandWords();
        for (var i = 0; i < words.Length; i += 2)
        {
            var name = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i][2..] : "";
            if (!known.Contains(name) || i + 1 == words.Length
                || !int.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                throw new FormatException($"{words[i]} is not understood");
            parsed._values[name] = value;
        }
        return parsed;
    }

    public int this[string name, int otherwise] => _values.GetValueOrDefault(name, otherwise);
}
