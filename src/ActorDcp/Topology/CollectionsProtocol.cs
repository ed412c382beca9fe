using ActorDcp.Group;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.Topology;

/// <summary>What <see cref="CollectionsActor"/> is asked and tells. Never leaves the member.</summary>
internal static class CollectionsProtocol
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface IEvent : INoSerializationVerificationNeeded;

    /// <summary>The group's filter may have changed: read the manifest, and tell me <see cref="FilterChanged"/> when it has.</summary>
    public sealed record Refresh : ICommand;

    /// <summary>My stream lacks collections: tell me <see cref="FilterChanged"/> when, or because, there is another filter than this one.</summary>
    public sealed record AwaitChange(ResolvedFilter Known) : ICommand;

    /// <summary>Streams are to be asked for something else than before.</summary>
    public sealed record FilterChanged : IEvent;
}
