using System.Reflection;
using System.Xml.Linq;

namespace ActorDcp.Architecture.Tests;

/// <summary>Which project may know which other, as the layout says.</summary>
public sealed class ArrowTests
{
    /// <summary>Everything a project may reach, directly or through others.</summary>
    private static readonly Dictionary<string, string[]> Reachable = new()
    {
        ["ActorDcp.Abstractions"] = [],
        ["ActorDcp.Protocol"] = ["ActorDcp.Abstractions"],
        ["ActorDcp.Client"] = ["ActorDcp.Protocol", "ActorDcp.Abstractions"],
        ["ActorDcp.Producer"] = ["ActorDcp.Protocol", "ActorDcp.Abstractions"],
        ["ActorDcp"] = ["ActorDcp.Client", "ActorDcp.Protocol", "ActorDcp.Abstractions"],
        ["ActorDcp.Hosting"] = ["ActorDcp", "ActorDcp.Client", "ActorDcp.Protocol", "ActorDcp.Abstractions"],
        ["ActorDcp.Host"] =
        [
            "ActorDcp.Hosting", "ActorDcp", "ActorDcp.Client", "ActorDcp.Protocol", "ActorDcp.Abstractions", "ActorDcp.Producer",
        ],
    };

    public static TheoryData<string> Projects => [.. Repository.Projects("src").Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_files_reference_only_what_the_layout_allows(string project)
    {
        var allowed = Allowed(project);
        var references = XDocument.Load(Repository.Projects("src")[project])
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.All(references, reference => Assert.Contains(reference, allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assemblies_reference_only_what_the_layout_allows(string project)
    {
        var allowed = Allowed(project);
        var references = Load(project).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name == "ActorDcp" || name.StartsWith("ActorDcp.", StringComparison.Ordinal));

        Assert.All(references, reference => Assert.Contains(reference, allowed));
    }

    [Theory]
    [InlineData("ActorDcp.Abstractions")]
    [InlineData("ActorDcp.Protocol")]
    [InlineData("ActorDcp.Client")]
    [InlineData("ActorDcp.Producer")]
    public void Akka_is_known_to_the_actors_and_above_only(string project) =>
        Assert.DoesNotContain(Load(project).GetReferencedAssemblies(), name => name.Name!.StartsWith("Akka", StringComparison.Ordinal));

    [Theory]
    [InlineData("ActorDcp.Abstractions")]
    [InlineData("ActorDcp.Protocol")]
    public void The_codec_and_the_vocabulary_know_no_sockets(string project) =>
        Assert.DoesNotContain(
            Load(project).GetReferencedAssemblies(),
            name => name.Name is "System.Net.Sockets" or "System.Net.Security" or "System.Net.Http");

    [Fact]
    public void Abstractions_brings_its_users_no_packages() =>
        Assert.All(
            XDocument.Load(Repository.Projects("src")["ActorDcp.Abstractions"]).Descendants("PackageReference"),
            package => Assert.Equal("all", package.Attribute("PrivateAssets")?.Value));

    [Fact]
    public void Nothing_in_src_references_Host()
    {
        foreach (var (name, file) in Repository.Projects("src"))
            Assert.False(
                name != "ActorDcp.Host" && File.ReadAllText(file).Contains("ActorDcp.Host.csproj", StringComparison.Ordinal),
                $"{name} references Host");
    }

    [Fact]
    public void Every_project_is_in_the_solution_and_has_its_tests()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "ActorDcp.sln"));
        var tests = Repository.Projects("tests");

        foreach (var project in Repository.Projects("src").Keys)
        {
            Assert.Contains($"\"{project}\"", solution, StringComparison.Ordinal);
            Assert.Contains(project + ".Tests", tests.Keys);
        }
        Assert.All(tests.Keys, project => Assert.Contains($"\"{project}\"", solution, StringComparison.Ordinal));
    }

    private static string[] Allowed(string project) =>
        Reachable.TryGetValue(project, out var allowed)
            ? allowed
            : throw new InvalidOperationException($"{project} is new: say in this test what it may know");

    private static Assembly Load(string project) => Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, project + ".dll"));
}
