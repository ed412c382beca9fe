using Akka.Configuration;

namespace ActorDcp.Hosting.Configuration;

/// <summary>The files of <c>hocon/</c>, which travel inside this assembly as <c>ActorDcp.Hocon.NAME.conf</c>.</summary>
internal static class EmbeddedHocon
{
    public const string Reference = "actordcp.reference";
    private const string Prefix = "ActorDcp.Hocon.";
    private const string Suffix = ".conf";

    /// <summary>Names of the files, without their ending.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(EmbeddedHocon).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal)];

    /// <summary>A file's text.</summary>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public static string ReadText(string name)
    {
        using var stream = typeof(EmbeddedHocon).Assembly.GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new ArgumentException($"there is no hocon file {name}; there are {string.Join(", ", Names)}", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A file as configuration.</summary>
    public static Config Load(string name) => ConfigurationFactory.ParseString(ReadText(name));
}
