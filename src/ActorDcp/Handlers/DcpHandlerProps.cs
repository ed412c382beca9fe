using System.Diagnostics.CodeAnalysis;
using ActorDcp.Dispatching;
using Akka.Actor;
using Akka.DependencyInjection;

namespace ActorDcp.Handlers;

/// <summary>How the handler actor of a vbucket is made.</summary>
internal sealed class DcpHandlerProps
{
    private readonly Func<ActorSystem, HandlerAssignment, Props> _create;

    private DcpHandlerProps(Func<ActorSystem, HandlerAssignment, Props> create) => _create = create;

    /// <summary>
    /// An actor whose constructor takes services, and a <see cref="HandlerAssignment"/> if it likes. Services that it alone uses are
    /// disposed when it stops.
    /// </summary>
    public static DcpHandlerProps Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TActor>()
        where TActor : DcpHandlerActor => Of(typeof(TActor));

    /// <summary>As <see cref="Of{TActor}"/>, for a type known at run time only.</summary>
    /// <exception cref="ArgumentException">The type is no <see cref="DcpHandlerActor"/>.</exception>
    public static DcpHandlerProps Of([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (!typeof(DcpHandlerActor).IsAssignableFrom(actor))
            throw new ArgumentException($"{actor} handles a vbucket and must derive from {nameof(DcpHandlerActor)}", nameof(actor));
        var takesAssignment = actor.GetConstructors()
            .Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(HandlerAssignment)));
        return new DcpHandlerProps((system, assignment) =>
            DependencyResolver.For(system).Props(actor, takesAssignment ? [assignment] : []));
    }

    /// <summary>An actor made by hand. It must be a <see cref="DcpHandlerActor"/>.</summary>
    public static DcpHandlerProps From(Func<HandlerAssignment, Props> create) => new((_, assignment) => create(assignment));

    /// <summary>A handler that is no actor; one instance a vbucket, disposed with it when it is disposable.</summary>
    public static DcpHandlerProps FromHandler(Func<HandlerAssignment, IDcpHandler> create) =>
        new((_, assignment) => Props.Create<PlainHandlerActor>((Func<IDcpHandler>)(() => create(assignment))));

    /// <summary>Props for one vbucket, on the handlers' own threads.</summary>
    internal Props For(ActorSystem system, HandlerAssignment assignment)
    {
        var props = _create(system, assignment);
        if (!typeof(DcpHandlerActor).IsAssignableFrom(props.Type))
            throw new InvalidOperationException($"{props.Type} handles a vbucket and must derive from {nameof(DcpHandlerActor)}");
        return props.WithDispatcher(HandlerDispatcher.Id);
    }
}
