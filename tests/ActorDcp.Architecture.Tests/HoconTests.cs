using ActorDcp.Hosting.Configuration;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.DistributedData;
using Akka.Persistence.Sql;
using Akka.Remote;

namespace ActorDcp.Architecture.Tests;

/// <summary>The files of hocon/: embedded, and without keys that Akka does not know (Akka itself starts with a misspelt one and says nothing).</summary>
public sealed class HoconTests
{
    /// <summary>Below these the names are ours to choose.</summary>
    private static readonly string[] FreeNames =
        ["actordcp.", "akka.actor.serializers.", "akka.actor.serialization-bindings.", "akka.actor.serialization-identifiers.", "akka.actor.deployment."];

    private static readonly Config Known = ConfigurationFactory.Default()
        .WithFallback(ConfigurationFactory.FromResource<RemoteSettings>("Akka.Remote.Configuration.Remote.conf"))
        .WithFallback(ConfigurationFactory.FromResource<Akka.Cluster.Cluster>("Akka.Cluster.Configuration.Cluster.conf"))
        .WithFallback(ClusterSharding.DefaultConfig())
        .WithFallback(ClusterSingleton.DefaultConfig())
        .WithFallback(DistributedData.DefaultConfig())
        .WithFallback(Akka.Persistence.Persistence.DefaultConfig())
        .WithFallback(SqlPersistence.DefaultConfiguration)
        .WithFallback(Akka.Streams.ActorMaterializer.DefaultConfig());

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "hocon"), "*.conf").Select(path => Path.GetFileNameWithoutExtension(path)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_file_is_embedded(string name) => Assert.Contains(name, EmbeddedHocon.Names);

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_is_one_that_Akka_knows(string name) => Assert.Empty(UnknownKeys(EmbeddedHocon.Load(name)));

    [Fact]
    public void A_misspelt_key_would_be_found() =>
        Assert.Equal(
            ["akka.cluster.sharding.handof-timeout"],
            UnknownKeys(ConfigurationFactory.ParseString("akka.cluster.sharding { handof-timeout = 20s\n retry-interval = 1s }")));

    [Fact]
    public void A_misspelt_phase_would_be_found() =>
        Assert.Equal(
            ["akka.coordinated-shutdown.phases.before-shutdown.timeout"],
            UnknownKeys(ConfigurationFactory.ParseString(
                "akka.coordinated-shutdown.phases { before-shutdown.timeout = 1s\n before-cluster-shutdown.timeout = 1s }")));

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_has_its_reason(string name) =>
        Assert.Empty(KeysWithoutReason(File.ReadLines(Path.Combine(Repository.Root, "hocon", name + ".conf"))));

    [Fact]
    public void A_key_without_a_reason_would_be_found() =>
        Assert.Equal(
            ["b = 2", "e = 5"],
            KeysWithoutReason(["a {", "  # why", "  a = 1", "  b = 2", "  # why all", "  c {", "    d = 4", "    e = 5", "  }", "}"]));

    /// <summary>The reason is a comment right above, or above the block that the key opens.</summary>
    private static List<string> KeysWithoutReason(IEnumerable<string> lines)
    {
        var found = new List<string>();
        var explained = false;
        foreach (var line in lines.Select(line => line.Trim()))
        {
            if (line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#') && !explained)
                found.Add(line);
            explained = line.StartsWith('#') || (explained && line.EndsWith('{'));
        }
        return found;
    }

    private static List<string> UnknownKeys(Config config)
    {
        var dispatchers = DispatcherNames(config);
        return [.. Paths(config)
            .Where(path => !FreeNames.Any(free => path.StartsWith(free, StringComparison.Ordinal)))
            .Where(path => !dispatchers.Any(dispatcher => path.StartsWith(dispatcher + ".", StringComparison.Ordinal)))
            .Where(path => !IsKnown(path))];
    }

    /// <summary>Every journal and snapshot store also takes the keys of Akka's fallback for its kind.</summary>
    private static bool IsKnown(string path) =>
        Known.HasPath(path)
        || IsTimeoutOfAPhase(path)
        || Known.HasPath(path.Replace("akka.persistence.journal.sql.", "akka.persistence.journal-plugin-fallback.", StringComparison.Ordinal))
        || Known.HasPath(path.Replace("akka.persistence.snapshot-store.sql.", "akka.persistence.snapshot-store-plugin-fallback.", StringComparison.Ordinal));

    /// <summary>Every phase of the shutdown that Akka has may have one, and few have by default.</summary>
    private static bool IsTimeoutOfAPhase(string path) =>
        path.StartsWith("akka.coordinated-shutdown.phases.", StringComparison.Ordinal)
        && path.EndsWith(".timeout", StringComparison.Ordinal)
        && Known.HasPath(path[..^".timeout".Length]);

    /// <summary>Blocks with an executor are dispatchers of ours, whose names are free.</summary>
    private static List<string> DispatcherNames(Config config) =>
        [.. Paths(config).Where(path => path.EndsWith(".executor", StringComparison.Ordinal)).Select(path => path[..^".executor".Length])];

    private static IEnumerable<string> Paths(Config config) =>
        config.IsEmpty || !config.Root.IsObject() ? [] : Paths(config.Root.GetObject(), "");

    private static IEnumerable<string> Paths(HoconObject node, string prefix)
    {
        foreach (var (key, value) in node.Items)
        {
            var path = prefix + key;
            if (!value.IsObject())
                yield return path;
            else
                foreach (var below in Paths(value.GetObject(), path + "."))
                    yield return below;
        }
    }
}
