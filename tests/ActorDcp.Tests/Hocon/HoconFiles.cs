using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace ActorDcp.Tests.Hocon;

/// <summary>The repository's hocon folder.</summary>
internal static class HoconFiles
{
    public static string Folder { get; } = Find();

    public static Config Load(string file) => ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(Folder, file)));

    /// <summary>Each key with a value, as the names on the way to it.</summary>
    public static IEnumerable<string[]> KeysOf(Config config) => KeysOf(config.Root, []);

    private static IEnumerable<string[]> KeysOf(HoconValue value, string[] path) =>
        value.IsObject()
            ? value.GetObject().Items.SelectMany(item => KeysOf(item.Value, [.. path, item.Key]))
            : [path];

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ActorDcp.sln")))
                return Path.Combine(folder.FullName, "hocon");
        throw new InvalidOperationException("the repository's hocon folder is not above the tests");
    }
}
