using System.Globalization;
using System.Text.RegularExpressions;

namespace ActorDcp.Protocol.Tests.Captures;

/// <summary>The worked examples of dcp-reference.md, read from the document itself.</summary>
internal static partial class Reference
{
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "dcp-reference.md"));

    /// <summary>Everything below the heading that begins with a number such as 7.52.</summary>
    public static string Section(string number)
    {
        var start = Text.IndexOf($"\n### {number} ", StringComparison.Ordinal);
        Assert.True(start >= 0, $"the reference has no section {number}");
        return Text[start..(start + 4 + Text.AsSpan(start + 4).IndexOf("\n##"))];
    }

    /// <summary>The bytes of a section's dump.</summary>
    /// <param name="number">Section.</param>
    /// <param name="index">Which of its dumps.</param>
    public static byte[] Bytes(string number, int index = 0)
    {
        var block = Blocks().Matches(Section(number))[index].Groups[1].Value;
        var hex = string.Concat(block.Split('\n').Select(line => line[4..line.IndexOf('|', StringComparison.Ordinal)].Replace(" ", "", StringComparison.Ordinal)));
        return Convert.FromHexString(hex);
    }

    /// <summary>The cells of a section's table, without its head.</summary>
    public static IEnumerable<string[]> Rows(string number) =>
        Section(number).Split('\n')
            .Where(line => line.StartsWith('|'))
            .Skip(2)
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());

    public static uint Hex(string digits) => uint.Parse(digits.Replace("0x", "", StringComparison.Ordinal), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex("```text\n(0000 .*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
