using ActorDcp.Handlers;
using ActorDcp.Handlers.JsonLines;
using ActorDcp.Hosting.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the configured or added handler to the props of its actors. Closes what the built-in handlers opened.</summary>
internal sealed class HandlerSetup(IServiceProvider services, HandlerRegistry registry, TimeProvider time) : IDisposable
{
    private readonly JsonLinesFiles _files = new();

    /// <summary>What the built-in handler <c>count</c> was given.</summary>
    public HandlerCounts Counts { get; } = new();

    public DcpHandlerProps Create(ActorDcpOptions options)
    {
        if (registry.Handler is { } added)
            return Of(added);
        return options.Handler.Type switch
        {
            CountHandler.TypeName => BuiltInHandlers.Count(Counts),
            JsonLinesHandler.TypeName => BuiltInHandlers.JsonLines(_files, options.Handler.Path!, options.Handler.Values, time),
            var name => Of(HandlerRegistry.Resolve(name) ?? throw new InvalidOperationException($"there is no handler type {name}")),
        };
    }

    // an argument that no constructor takes would be refused
    private Func<HandlerAssignment, IDcpHandler> Factory(Type type) =>
        type.GetConstructors().Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(HandlerAssignment)))
            ? assignment => (IDcpHandler)ActivatorUtilities.CreateInstance(services, type, assignment)
            : _ => (IDcpHandler)ActivatorUtilities.CreateInstance(services, type);

    public void Dispose() => _files.Dispose();

    private DcpHandlerProps Of(Type type) =>
        typeof(IDcpHandler).IsAssignableFrom(type)
            ? DcpHandlerProps.FromHandler(Factory(type))
            : DcpHandlerProps.Of(type);
}
