using ActorDcp.Hosting.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.Hosting;

/// <summary>What <see cref="ActorDcpServiceCollectionExtensions.AddActorDcp"/> returns: adds the handler and changes options in code.</summary>
public sealed class ActorDcpBuilder
{
    private readonly HandlerRegistry _handlers;

    internal ActorDcpBuilder(IServiceCollection services, HandlerRegistry handlers)
    {
        Services = services;
        _handlers = handlers;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Sets the handler: one instance a vbucket, made with the host's services. It wins over <c>ActorDcp:Handler:Type</c>.
    /// </summary>
    /// <typeparam name="THandler">A handler actor, or an <see cref="IDcpHandler"/>.</typeparam>
    /// <exception cref="ArgumentException">The type handles nothing.</exception>
    /// <exception cref="InvalidOperationException">There is a handler already.</exception>
    public ActorDcpBuilder AddHandler<THandler>()
        where THandler : class
    {
        if (!HandlerRegistry.IsHandler(typeof(THandler)))
            throw new ArgumentException($"{typeof(THandler)} handles nothing: derive it from DcpHandlerActor or implement {nameof(IDcpHandler)}");
        if (_handlers.Handler is { } other)
            throw new InvalidOperationException($"the handler is {other} already: a group has one");
        _handlers.Handler = typeof(THandler);
        return this;
    }

    /// <summary>Changes options in code, after configuration was read and before it is checked.</summary>
    public ActorDcpBuilder Configure(Action<ActorDcpOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.Configure(configure);
        return this;
    }
}
