using ActorDcp.Hosting;
using ActorDcp.Hosting.Configuration;

namespace ActorDcp.Architecture.Tests;

/// <summary>The README's table of keys is the code's.</summary>
public sealed class ReadmeTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));

    public static TheoryData<string> Keys => [.. OptionKeys.All.Select(key => key.Name)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_is_in_the_READMEs_table_with_default_and_description(string name)
    {
        var key = OptionKeys.All.Single(key => key.Name == name);
        var shown = key.Default is "required" or "-" ? key.Default : $"`{key.Default}`";

        Assert.Contains($"| `{ActorDcpOptions.SectionName}:{key.Name}` | {shown} | {key.Description} |", Lines);
    }

    [Fact]
    public void The_READMEs_table_has_no_other_keys()
    {
        var rows = Lines.Count(line => line.StartsWith($"| `{ActorDcpOptions.SectionName}:", StringComparison.Ordinal));

        Assert.Equal(OptionKeys.All.Count, rows);
    }
}
