using System.Globalization;
using System.Text.RegularExpressions;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Errors;

/// <summary>The table of statuses of dcp-reference.md 1.10, as it is written there: codes with the attributes of the server's error map.</summary>
internal static partial class StatusTable
{
    public static IReadOnlyDictionary<Status, IReadOnlySet<string>> Read()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "src/ActorDcp.Protocol/dcp-reference.md"));
        var section = text[text.IndexOf("### 1.10 ", StringComparison.Ordinal)..text.IndexOf("### 1.11 ", StringComparison.Ordinal)];
        return Row().Matches(section)
            .SelectMany(row => Codes(row.Groups[1].Value).Select(code => (Code: code, Attributes: row.Groups[2].Value)))
            .ToDictionary(
                row => (Status)row.Code,
                row => (IReadOnlySet<string>)row.Attributes.Split(", ").Select(attribute => attribute.Trim()).ToHashSet(StringComparer.Ordinal));
    }

    // "0c", "26 / 27", "30 31 33" or "35..38"
    private static IEnumerable<int> Codes(string cell)
    {
        if (cell.Split("..") is [var first, var last])
            return Enumerable.Range(Hex(first), Hex(last) - Hex(first) + 1);
        return cell.Split([' ', '/'], StringSplitOptions.RemoveEmptyEntries).Select(Hex);
    }

    private static int Hex(string text) => int.Parse(text.Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ActorDcp.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
        return folder;
    }

    [GeneratedRegex(@"^\| ([0-9a-f][0-9a-f /.]*) \| [A-Z][^|]* \| ([^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
