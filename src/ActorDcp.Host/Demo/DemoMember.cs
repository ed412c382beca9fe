using ActorDcp.Host.Serve;
using ActorDcp.Producer;

namespace ActorDcp.Host.Demo;

/// <summary>One member of the demo's group.</summary>
internal static class DemoMember
{
    public const string Group = "demo";

    public static string Database(string folder) => $"Data Source={Path.Combine(folder, "member.db")}";

    public static Task<LocalMember> StartAsync(
        EmbeddedProducer producer, string folder, int? seed, DemoTally tally, ILoggerProvider log, CancellationToken cancellationToken) => LocalMember.StartAsync(
        Group,
        producer.ConnectionString,
        [
            new("Checkpoint:Interval", "2s"),
            new("DrainTimeout", "2s"),
            new("Cluster:Seeds", seed is { } port ? $"127.0.0.1:{port}" : null),
            new("Persistence:ConnectionString", Database(folder)),
        ],
        (services, actorDcp) =>
        {
            services.AddSingleton(tally);
            actorDcp.AddHandler<DemoHandler>();
        },
        log,
        cancellationToken);
}
