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
        var files = Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests")).ToList();
        var missing = files
            .SelectMany(source => CitedSections(File.ReadAllText(source)).Select(section => (source, section)))
            .Where(cited => !Exists(cited.section))
            .Select(cited => $"{cited.source} cites section {cited.section} of the reference, which is not there");

        Assert.Empty(missing);
        Assert.True(files.Sum(source => CitedSections(File.ReadAllText(source)).Count()) > 50, "citations are written in another way now");
    }

    [Theory]
    [InlineData("see dcp-reference.md 3.1, 3.2", "3.1 3.2")]
    [InlineData("see dcp-reference.md 3.7 to 3.15).", "3.7 3.15")]
    [InlineData("see dcp-reference.md 4.4 and 4.5. A marker", "4.4 4.5")]
    [InlineData("see dcp-reference.md 2.3, RFC 5802", "2.3")]
    [InlineData("see dcp-reference.md 3.3 step 16", "3.3")]
    public void Lists_of_sections_are_read(string text, string sections) => Assert.Equal(sections, string.Join(' ', CitedSections(text)));

    [Fact]
    public void Sections_that_are_not_there_are_found()
    {
        Assert.True(Exists("3.3"));
        Assert.False(Exists("3.99"));
        Assert.False(Exists("77"));
    }

    [Fact]
    public void No_file_names_a_place_outside_the_repository()
    {
        foreach (var file in Repository.TextFiles())
        {
            var match = OutsidePath().Match(File.ReadAllText(file));
            Assert.False(match.Success, $"{file} names \"{match.Value}\"");
        }
    }

    [Theory]
    [InlineData("shared" + "/design.md", true)]
    [InlineData("see ../" + "shared" + "/captures", true)]
    [InlineData("in /" + "tmp/x", true)]
    [InlineData("/" + "root/.nuget", true)]
    [InlineData("Microsoft.AspNetCore.App/shared.json and src/work/x", false)]
    public void Places_outside_the_repository_are_told_from_others(string text, bool outside) =>
        Assert.Equal(outside, OutsidePath().IsMatch(text));

    [Fact]
    public void No_file_of_src_is_longer_than_400_lines() =>
        Assert.DoesNotContain(Repository.SourceFiles("src"), source => File.ReadLines(source).Count() > 400);

    [Fact]
    public void Tests_neither_sleep_nor_skip()
    {
        foreach (var source in Repository.SourceFiles("tests"))
        {
            var match = SleepOrSkip().Match(File.ReadAllText(source));
            Assert.False(match.Success, $"{source} has \"{match.Value}\": wait for a condition with a deadline, or mend the test");
        }
    }

    [Fact]
    public void Waits_that_double_are_worked_out_in_one_place()
    {
        // the producer may not know the actors, and waits the same time again
        var others = Repository.SourceFiles("src").Where(source =>
            !source.EndsWith("RetrySchedule.cs", StringComparison.Ordinal) && DoubledWait().IsMatch(File.ReadAllText(source)));

        Assert.Empty(others);
    }

    [Fact]
    public void Warnings_are_turned_off_with_a_reason_only()
    {
        foreach (var source in Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests")))
            Assert.All(
                File.ReadLines(source).Where(line => line.StartsWith("#pragma warning disable", StringComparison.Ordinal)),
                line => Assert.Contains(" // ", line, StringComparison.Ordinal));
        foreach (var file in Repository.Projects("src").Values.Concat(Repository.Projects("tests").Values))
            Assert.DoesNotContain("NoWarn", File.ReadAllText(file), StringComparison.Ordinal);
    }

    /// <summary>All of "3.7 to 3.15", "3.1, 3.2" and "4.4 and 4.5".</summary>
    private static IEnumerable<string> CitedSections(string text) =>
        Citation().Matches(text).SelectMany(match => match.Groups["section"].Captures.Select(capture => capture.Value));

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

    [GeneratedRegex(@"^\s*#region|//\s*(TODO|FIXME|HACK)\b|new NotImplemented(?=Exception)", RegexOptions.Multiline)]
    private static partial Regex Leftover();

    [GeneratedRegex(@"(Utils?|Helpers?|Common|Misc)(/|\.cs$)")]
    private static partial Regex OddsAndEnds();

    [GeneratedRegex(@"dcp-reference\.md (?<section>\d+(?:\.\d+)?)(?:(?:, | and | to )(?<section>\d+\.\d+))*")]
    private static partial Regex Citation();

    [GeneratedRegex(@"(?<![\w./-])(?:\.\./)*shared[/]|(?<![\w.~-])/(?:tmp|root|work)/")]
    private static partial Regex OutsidePath();

    [GeneratedRegex(@"\bThread\.Sleep\(|\bTask\.Delay\(|\b(?:Fact|Theory)\(.*\bSkip\b")]
    private static partial Regex SleepOrSkip();

    [GeneratedRegex(@"Math\.Pow\(2\b|1 << \w*(attempt|retr|failure)", RegexOptions.IgnoreCase)]
    private static partial Regex DoubledWait();

    [GeneratedRegex(@"^#{2,3} (\d+(?:\.\d+)?)\.? ", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
