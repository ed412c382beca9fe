using ActorDcp.Hosting.Configuration;
using ActorDcp.Hosting.Health;
using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using ActorDcp.Telemetry;
using Akka.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace ActorDcp.Hosting;

/// <summary>Adds a consumer group's member to a host.</summary>
public static class ActorDcpServiceCollectionExtensions
{
    /// <summary>
    /// Adds one member of a consumer group, configured by a section (see the README's table of keys). Unknown keys and wrong values
    /// stop the start with a message a mistake.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="section">The section, usually <c>ActorDcp</c>.</param>
    /// <returns>A builder to add the handler with.</returns>
    public static ActorDcpBuilder AddActorDcp(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        var handlers = new HandlerRegistry();
        services.AddSingleton(handlers);
        services.AddSingleton<IConfigureOptions<ActorDcpOptions>>(new OptionsBinder(section, Environment.GetEnvironmentVariable));
        services.AddSingleton<IValidateOptions<ActorDcpOptions>, OptionsValidator>();
        services.AddOptions<ActorDcpOptions>().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<MemberState>();
        services.AddSingleton<LogEnd>();
        services.AddSingleton<ActorDcpMetrics>();
        services.AddSingleton<HandlerSetup>();
        services.TryAddSingleton<OffsetStoreFactory>(database => new SqlOffsetStore(database));
        services.TryAddSingleton<IGroupDirectory, MemberDirectory>();
        // the actor system first: the runtime starts the group in it
        services.AddAkka(MemberAkka.SystemName, (builder, provider) =>
            MemberAkka.Configure(builder, provider.GetRequiredService<IOptions<ActorDcpOptions>>().Value));
        services.AddHostedService<ActorDcpRuntime>();
        services.AddHealthChecks()
            .AddCheck<ProcessHealthCheck>("process", tags: [HealthTags.Live])
            .AddCheck<GroupHealthCheck>("groups", tags: [HealthTags.Ready]);
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(MeterName)
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        return new ActorDcpBuilder(services, handlers);
    }

    /// <summary>Name of the meter and of the activity source of everything that ActorDcp measures.</summary>
    internal const string MeterName = "ActorDcp";
}
