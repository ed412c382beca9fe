using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.DistributedData;
using Akka.Persistence.Sql;
using Akka.Remote;

namespace ActorDcp.Tests.Hocon;

/// <summary>Akka starts with a misspelt key and says nothing: so each key of ours must be one that Akka's references have.</summary>
public sealed class HoconTests
{
    // what Akka reads though its references do not list it, or list only for the fallback that a plugin inherits
    private static readonly string[] NotInTheReferences =
    [
        "akka.actor.serializers.actordcp",
        "akka.actor.serialization-bindings.ActorDcp.Serialization.IActorDcpMessage, ActorDcp",
        "akka.actor.serialization-identifiers.ActorDcp.Serialization.ActorDcpSerializer, ActorDcp",
        "akka.actor.serialization-identifiers.ActorDcp.Serialization.ThrowingSerializer, ActorDcp",
        // any phase may have one (CoordinatedShutdown)
        "akka.coordinated-shutdown.phases.before-cluster-shutdown.timeout",
        "akka.coordinated-shutdown.phases.cluster-exiting-done.timeout",
        "akka.coordinated-shutdown.phases.cluster-shutdown.timeout",
        "akka.persistence.dispatchers.default-plugin-dispatcher.fork-join-executor.parallelism-min",
        "akka.persistence.dispatchers.default-plugin-dispatcher.fork-join-executor.parallelism-factor",
        "akka.persistence.dispatchers.default-plugin-dispatcher.fork-join-executor.parallelism-max",
    ];

    public static TheoryData<string> Files => [.. Directory.GetFiles(HoconFiles.Folder, "*.conf").Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_is_one_that_Akka_knows(string file)
    {
        var references = References();
        var unknown = HoconFiles.KeysOf(HoconFiles.Load(file))
            .Where(path => !NotInTheReferences.Contains(string.Join('.', path)))
            .Where(path => !IsKnown(references, path))
            .Select(path => string.Join('.', path));

        Assert.Empty(unknown);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_has_its_reason_and_a_line_of_its_own(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(HoconFiles.Folder, file));
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.StartsWith('#') || !line.Contains('=', StringComparison.Ordinal) || line.EndsWith("fork-join-executor", StringComparison.Ordinal))
                continue;
            Assert.True(lines[i - 1].TrimStart().StartsWith('#'), $"{file}:{i + 1} gives no reason: {line}");
            Assert.True(line.Count(c => c == '=') == 1, $"{file}:{i + 1} holds several keys");
        }
    }

    [Fact]
    public void A_misspelt_key_is_found()
    {
        var references = References();
        Assert.True(IsKnown(references, ["akka", "cluster", "gossip-interval"]));
        Assert.False(IsKnown(references, ["akka", "cluster", "gosip-interval"]));
        Assert.False(IsKnown(references, ["akka", "cluster", "gossip-interval", "x"]));
    }

    /// <summary>What whoever stops a member has to wait for; the HTTP calls' 5 s come on top.</summary>
    [Fact]
    public void All_phases_of_a_stop_together_take_no_longer_than_the_README_says()
    {
        // in the others nothing of ours, or of Akka's, is done that takes time
        string[] phases =
        [
            "before-cluster-shutdown", "cluster-sharding-shutdown-region", "cluster-leave", "cluster-exiting", "cluster-exiting-done",
            "cluster-shutdown", "actor-system-terminate",
        ];
        var config = HoconFiles.Load("cluster.conf").WithFallback(ConfigurationFactory.Default()).GetConfig("akka.coordinated-shutdown");
        var most = config.GetTimeSpan("default-phase-timeout");

        var sum = phases.Aggregate(TimeSpan.Zero, (sum, phase) => sum + config.GetTimeSpan($"phases.{phase}.timeout", most));

        var readme = File.ReadAllText(Path.Combine(HoconFiles.Folder, "..", "README.md"));
        Assert.Contains($"{sum.TotalSeconds:0} s when everything is against it", readme, StringComparison.Ordinal);
        Assert.Contains("terminationGracePeriodSeconds: 60", readme, StringComparison.Ordinal);
        Assert.True(sum + TimeSpan.FromSeconds(5) < TimeSpan.FromSeconds(60), $"{sum}");
    }

    // a circuit breaker of a plugin falls back to that of all plugins
    private static bool IsKnown(Config[] references, string[] path) =>
        Has(references, path)
        || (path is ["akka", "persistence", "journal", "sql", .. var journal]
            && Has(references, ["akka", "persistence", "journal-plugin-fallback", .. journal]))
        || (path is ["akka", "persistence", "snapshot-store", "sql", .. var snapshots]
            && Has(references, ["akka", "persistence", "snapshot-store-plugin-fallback", .. snapshots]));

    private static bool Has(Config[] references, string[] path) => Array.Exists(references, reference => Has(reference.Root, path));

    private static bool Has(HoconValue value, string[] path)
    {
        foreach (var key in path)
        {
            if (!value.IsObject() || !value.GetObject().Items.TryGetValue(key, out var next))
                return false;
            value = next;
        }
        return true;
    }

    private static Config[] References() =>
    [
        ConfigurationFactory.Default(),
        ConfigurationFactory.FromResource<RemoteActorRefProvider>("Akka.Remote.Configuration.Remote.conf"),
        ConfigurationFactory.FromResource<Cluster>("Akka.Cluster.Configuration.Cluster.conf"),
        ClusterSharding.DefaultConfig(),
        ClusterSingleton.DefaultConfig(),
        DistributedData.DefaultConfig(),
        Akka.Persistence.Persistence.DefaultConfig(),
        SqlPersistence.DefaultConfiguration,
    ];
}
