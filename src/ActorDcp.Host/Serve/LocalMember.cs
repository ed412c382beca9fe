using ActorDcp.Hosting;
using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer;

namespace ActorDcp.Host.Serve;

/// <summary>A member inside this process: a host of its own, as <c>serve</c> is, without the HTTP calls.</summary>
internal sealed class LocalMember : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly string _group;

    private LocalMember(IHost host, string group)
    {
        _host = host;
        _group = group;
    }

    public MemberState State => _host.Services.GetRequiredService<MemberState>();

    public IGroupStatusSource Status => _host.Services.GetRequiredService<IGroupDirectory>().Find(_group)!;

    /// <summary>Starts a member of a group on an embedded producer's bucket, and waits until it takes part.</summary>
    /// <param name="group">Its group.</param>
    /// <param name="producer">Connection string of the producer.</param>
    /// <param name="settings">More settings, by their names under <c>ActorDcp</c>; what is null is not set.</param>
    /// <param name="handler">Registers the handler and what it needs.</param>
    /// <param name="log">Where logs go; null drops them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LocalMember> StartAsync(
        string group, string producer, IEnumerable<KeyValuePair<string, string?>> settings, Action<IServiceCollection, ActorDcpBuilder> handler, ILoggerProvider? log, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ActorDcp:Group"] = group,
            ["ActorDcp:Connection"] = producer,
            ["ActorDcp:User"] = new EmbeddedProducerOptions().User,
            ["ActorDcp:Password"] = EmbeddedProducerOptions.DefaultPassword,
            ["ActorDcp:Bucket"] = new EmbeddedProducerOptions().Bucket,
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("ActorDcp:" + setting.Key, setting.Value)));
        if (log is not null)
            builder.Logging.AddProvider(log);
        handler(builder.Services, builder.Services.AddActorDcp(builder.Configuration.GetSection(ActorDcpOptions.SectionName)));
        var member = new LocalMember(builder.Build(), group);
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
