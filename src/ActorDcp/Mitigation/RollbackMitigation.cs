using ActorDcp.Client;
using ActorDcp.Group;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Mitigation;

/// <summary>What a graph needs to hold changes back until every copy has them on disk (dcp-reference.md 4.7).</summary>
/// <param name="Actor">Who finds that out.</param>
/// <param name="Frontiers">What is known.</param>
internal sealed record RollbackMitigation(IActorRef Actor, PersistedFrontiers Frontiers)
{
    /// <summary>Starts it as a child of the context's actor; null where the group does without.</summary>
    public static RollbackMitigation? Start(IActorContext context, GroupMemberParts parts, IActorRef topology, int vbuckets)
    {
        var group = parts.Settings;
        if (group.RollbackMitigation <= TimeSpan.Zero)
            return null;
        var frontiers = new PersistedFrontiers(vbuckets);
        var settings = new MitigationSettings
        {
            Interval = group.RollbackMitigation,
            Topology = topology,
            Connection = node => group.Connection(node).Kv,
            Retries = group.Retries,
            Time = parts.Time,
            Metrics = parts.Metrics,
            Logger = parts.Logging.CreateLogger<KvConnection>(),
        };
        return new RollbackMitigation(
            context.ActorOf(Props.Create(() => new RollbackMitigationActor(settings, frontiers)), "rollback-mitigation"), frontiers);
    }
}
