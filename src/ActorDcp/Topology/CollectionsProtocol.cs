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

    /// <summary>Streams are to be asked for something else than before.</summary>
    public sealed record FilterChanged : IEvent;
}
