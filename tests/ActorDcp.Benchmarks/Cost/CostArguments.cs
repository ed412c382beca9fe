using System.Globalization;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>What <c>cost</c> is asked for.</summary>
internal sealed record CostArguments(
    IReadOnlyList<int> VBuckets, int FewEvents, int ManyEvents, int Runs, IReadOnlyList<string> Subjects, string? Host, bool Json)
{
    public const string Usage =
        "cost [--vbuckets 64,1024] [--events 1000000,4000000] [--runs 3] [--subjects reader,drain,member] [--host ActorDcp.Host.dll] [--json]";

    /// <exception cref="FormatException">A word is not understood; the message is the usage.</exception>
    public static CostArguments Parse(ReadOnlySpan<string> words)
    {
        var arguments = new CostArguments([64, 1024], 1_000_000, 4_000_000, 3, Benchmarks.Cost.Subjects.All, null, false);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == "--json")
            {
                arguments = arguments with { Json = true };
                continue;
            }
            if (i + 1 == words.Length)
                throw new FormatException(Usage);
            arguments = arguments.With(words[i], words[++i]);
        }
        return arguments;
    }

    private CostArguments With(string option, string value) => option switch
    {
        "--vbuckets" => this with { VBuckets = Numbers(value) },
        "--events" when Numbers(value) is [var few, var many] && few < many => this with { FewEvents = few, ManyEvents = many },
        "--runs" => this with { Runs = Numbers(value)[0] },
        "--subjects" when value.Split(',') is var subjects && subjects.All(Benchmarks.Cost.Subjects.All.Contains) => this with { Subjects = subjects },
        "--host" => this with { Host = value },
        _ => throw new FormatException(Usage),
    };

    private static int[] Numbers(string text) =>
        [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException(Usage))];
}
