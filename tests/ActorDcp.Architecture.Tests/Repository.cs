namespace ActorDcp.Architecture.Tests;

/// <summary>The files the rules are about.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Project files below a folder, by project name.</summary>
    public static IReadOnlyDictionary<string, string> Projects(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path)!, path => path);

    /// <summary>C# files of the repository's own, without what builds leave behind.</summary>
    public static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories).Where(IsOurs);

    /// <summary>All that people write here: sources, projects, scripts, settings and prose, but not the recordings.</summary>
    public static IEnumerable<string> TextFiles() =>
        new[] { "src", "tests", "hocon", "deploy", ".ci" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories))
            .Where(path => IsOurs(path) && !path.StartsWith(Path.Combine(Root, "tests", "captures"), StringComparison.Ordinal))
            .Concat(Directory.EnumerateFiles(Root).Where(path => Path.GetFileName(path) != ".git"));

    private static bool IsOurs(string path) =>
        !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        && !path.Contains($"{Path.DirectorySeparatorChar}TestResults{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ActorDcp.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("ActorDcp.sln is in no folder above the tests");
    }
}
