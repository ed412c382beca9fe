using Akka.Actor;

namespace ActorDcp.Mitigation;

/// <summary>What a graph needs to hold changes back until every copy has them on disk (dcp-reference.md 4.7).</summary>
/// <param name="Actor">Who finds that out.</param>
/// <param name="Frontiers">What is known.</param>
internal sealed record RollbackMitigation(IActorRef Actor, PersistedFrontiers Frontiers);
