using ActorDcp.VBuckets.State;
using Akka.Actor;

namespace ActorDcp.VBuckets.Journal;

/// <summary>What the persistent half of a vbucket is told and says. Never leaves the process.</summary>
internal static class VBucketJournal
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface IQuery : INoSerializationVerificationNeeded;

    public interface IEvent : INoSerializationVerificationNeeded;

    /// <summary>
    /// Makes a fact durable. No answer means that the write failed or is unclear: the journal stops, its supervisor starts it again
    /// after a while, and what was not answered is to be sent again after <see cref="Recovered"/>. A repeat is kept once.
    /// </summary>
    public sealed record Record(VBucketFact Fact) : ICommand;

    /// <summary>Answered with <see cref="Recovered"/>.</summary>
    public sealed record GetHistory : IQuery;

    /// <summary>The history as it stands: told to the owner after each start, before anything else, and to who asks.</summary>
    public sealed record Recovered(VBucketHistory History) : IEvent;

    /// <summary>The fact is durable.</summary>
    public sealed record Recorded(VBucketFact Fact, VBucketHistory History) : IEvent;

    /// <summary>The fact was not stored and will not be: its epoch is stale, or it has no stored form.</summary>
    public sealed record RecordRejected(VBucketFact Fact, string Reason) : IEvent;
}
