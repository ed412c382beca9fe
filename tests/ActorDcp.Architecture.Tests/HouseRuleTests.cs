using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ActorDcp.Architecture.Tests;

/// <summary>Habits that a machine can check.</summary>
public sealed partial class HouseRuleTests
{
    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (var (project, file) in Repository.Projects("src"))
        {
            var folder = Path.GetDirectoryName(file)!;
            var root = XDocument.Load(file).Descendants("RootNamespace").FirstOrDefault()?.Value ?? project;
            foreach (var source in Repository.SourceFiles(Path.GetRelativePath(Repository.Root, folder)))
            {
                if (FileScopedNamespace().Match(File.ReadAllText(source)) is not { Success: true } match)
                    continue;
                var @namespace = match.Groups[1].Value;
                Assert.True(
                    @namespace == root || @namespace.StartsWith(root + ".", StringComparison.Ordinal),
                    $"{source} is in namespace {@namespace}, and its project in {root}");
            }
        }
    }

    [Fact]
    public void There_are_no_regions_and_no_notes_to_do()
    {
        foreach (var source in Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests")))
        {
            var match = Leftover().Match(File.ReadAllText(source));
            Assert.False(match.Success, $"{source} has \"{match.Value.Trim()}\"");
        }
    }

    [Fact]
    public void There_are_no_folders_for_odds_and_ends()
    {
        foreach (var source in Repository.SourceFiles("src"))
            Assert.False(
                OddsAndEnds().IsMatch(Path.GetRelativePath(Repository.Root, source)),
                $"{source}: name it after what it does");
    }

    [Fact]
    public void No_project_names_a_package_version()
    {
        foreach (var file in Repository.Projects("src").Values.Concat(Repository.Projects("tests").Values))
            Assert.All(XDocument.Load(file).Descendants("PackageReference"), package => Assert.Null(package.Attribute("Version")));
    }

    [Fact]
    public void Every_section_of_the_reference_that_code_cites_exists()
    {
        foreach (var source in Repository.SourceFiles("src"))
            foreach (Match match in Citation().Matches(File.ReadAllText(source)))
                Assert.True(Exists(match.Groups[1].Value), $"{source} cites dcp-reference.md {match.Groups[1].Value}, which is not there");
    }

    /// <summary>Sections without headings of their own inside have numbered items, which may be cited.</summary>
    private static bool Exists(string section)
    {
        var chapter = section.Split('.')[0];
        return Sections.Contains(section)
            || (Sections.Contains(chapter) && !Sections.Any(other => other.StartsWith(chapter + ".", StringComparison.Ordinal)));
    }

    private static HashSet<string> Sections { get; } =
        [.. Heading().Matches(File.ReadAllText(Path.Combine(Repository.Root, "src/ActorDcp.Protocol/dcp-reference.md"))).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex FileScopedNamespace();

    [GeneratedRegex(@"^\s*#region|//\s*(TODO|FIXME|HACK)\b", RegexOptions.Multiline)]
    private static partial Regex Leftover();

    [GeneratedRegex(@"(Utils?|Helpers?|Common|Misc)(/|\.cs$)")]
    private static partial Regex OddsAndEnds();

    [GeneratedRegex(@"dcp-reference\.md (\d+(?:\.\d+)?)")]
    private static partial Regex Citation();

    [GeneratedRegex(@"^#{2,3} (\d+(?:\.\d+)?)\.? ", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
