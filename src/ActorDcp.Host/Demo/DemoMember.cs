using ActorDcp.Hosting;
using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer;

namespace ActorDcp.Host.Demo;

/// <summary>One member of the demo's group: a host of its own, as <c>serve</c> is, without the HTTP calls.</summary>
internal sealed class DemoMember : IAsyncDisposable
{
    public const string Group = "demo";

    private readonly IHost _host;

    private DemoMember(IHost host) => _host = host;

    public MemberState State => _host.Services.GetRequiredService<MemberState>();

    public IGroupStatusSource Status => _host.Services.GetRequiredService<IGroupDirectory>().Find(Group)!;

    public static string Database(string folder) => $"Data Source={Path.Combine(folder, "member.db")}";

    public static async Task<DemoMember> StartAsync(
        EmbeddedProducer producer, string folder, int? seed, DemoTally tally, ILoggerProvider log, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ActorDcp:Group"] = Group,
            ["ActorDcp:Connection"] = producer.ConnectionString,
            ["ActorDcp:User"] = new EmbeddedProducerOptions().User,
            ["ActorDcp:Password"] = EmbeddedProducerOptions.DefaultPassword,
            ["ActorDcp:Bucket"] = producer.Bucket.Name,
            ["ActorDcp:Checkpoint:Interval"] = "2s",
            ["ActorDcp:DrainTimeout"] = "2s",
            ["ActorDcp:Cluster:Seeds"] = seed is { } port ? $"127.0.0.1:{port}" : null,
            ["ActorDcp:Persistence:ConnectionString"] = Database(folder),
        });
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton(tally);
        builder.Services.AddActorDcp(builder.Configuration.GetSection(ActorDcpOptions.SectionName)).AddHandler<DemoHandler>();
        var member = new DemoMember(builder.Build());
        try
        {
            await member._host.StartAsync(cancellationToken).ConfigureAwait(false);
            await member.State.WhenRunning.WaitAsync(cancellationToken).ConfigureAwait(false);
            return member;
        }
        catch
        {
            await member.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        _host.Dispose();
    }
}
