using ActorDcp.Dispatching;
using ActorDcp.Group;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Persistence;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Hosting.Logging;
using Akka.Persistence.Sql;

namespace ActorDcp.Hosting.Runtime;

/// <summary>The actor system of a member: our HOCON, the roles, where it listens and where its journal is.</summary>
internal static class MemberAkka
{
    public const string SystemName = "actordcp";

    public static void Configure(AkkaConfigurationBuilder builder, ActorDcpOptions options)
    {
        var provider = options.Persistence.Provider == PersistenceProvider.Sqlite ? "sqlite" : "postgres";
        builder
            .ConfigureLoggers(loggers =>
            {
                // the host's logging decides what is shown
                loggers.ClearLoggers();
                loggers.AddLogger<ActorLogger>();
            })
            .AddHocon(Member(options), HoconAddMode.Prepend)
            .AddHocon(Journal(options), HoconAddMode.Append)
            .AddHocon(EmbeddedHocon.Load(provider), HoconAddMode.Append)
            .AddHocon(EmbeddedHocon.Load("cluster"), HoconAddMode.Append)
            .AddHocon(EmbeddedHocon.Load(EmbeddedHocon.Reference), HoconAddMode.Append)
            .AddHocon(HandlerDispatcher.Configuration(), HoconAddMode.Append)
            .AddHocon(StreamDispatcher.Configuration(), HoconAddMode.Append)
            .AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append);
        if (options.Cluster.Tls.CertFile is not null)
            builder.AddSetup(MemberTls.Setup(options.Cluster.Tls));
    }

    /// <summary>
    /// Joins the seeds, or forms a cluster of one. Who was a member before joins others first: were it the first seed and still cut
    /// off, it would form a second cluster beside theirs.
    /// </summary>
    public static async Task JoinAsync(ActorSystem system, ActorDcpOptions options, bool othersOnly, CancellationToken cancellationToken)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (options.Cluster.Seeds.Count == 0)
        {
            await cluster.JoinAsync(cluster.SelfAddress, cancellationToken).ConfigureAwait(false);
            return;
        }
        var protocol = cluster.SelfAddress.Protocol;
        var seeds = options.Cluster.Seeds.Select(text => HostPort.TryParse(text, out var seed)
            ? new Address(protocol, SystemName, seed.Host, seed.Port)
            : throw new FormatException($"{text} is no host:port")).ToList();
        if (othersOnly && seeds.Exists(seed => seed != cluster.SelfAddress))
            seeds.Remove(cluster.SelfAddress);
        await cluster.JoinSeedNodesAsync(seeds, cancellationToken).ConfigureAwait(false);
    }

    private static Config Member(ActorDcpOptions options) => ConfigurationFactory.ParseString(
        $$"""
        akka.actor.provider = cluster
        akka.stdout-logger-class = {{Quote(typeof(LastWordsLogger).AssemblyQualifiedName!)}}
        akka.remote.dot-netty.tcp.hostname = {{Quote(options.Cluster.BindHost ?? options.Cluster.Host)}}
        akka.remote.dot-netty.tcp.port = {{(options.Cluster.BindPort == 0 ? options.Cluster.Port : options.Cluster.BindPort)}}
        akka.remote.dot-netty.tcp.public-hostname = {{Quote(options.Cluster.Host)}}
        akka.remote.dot-netty.tcp.public-port = {{options.Cluster.Port}}
        akka.remote.dot-netty.tcp.enable-ssl = {{(options.Cluster.Tls.CertFile is null ? "false" : "true")}}
        akka.cluster.roles = [{{Quote(GroupMemberActor.NameOf(options.Group))}}]
        """);

    private static Config Journal(ActorDcpOptions options)
    {
        var connection = Quote(PersistenceSetup.JournalConnectionString(options));
        return ConfigurationFactory.ParseString(
            $$"""
            akka.persistence.journal.sql.connection-string = {{connection}}
            akka.persistence.snapshot-store.sql.connection-string = {{connection}}
            """);
    }

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
