using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace ActorDcp.Tests.VBuckets;

/// <summary>Akka's journal in memory, with recoveries that a test can hold up.</summary>
public sealed class GatedJournal : MemoryJournal
{
    private readonly RecoveryGate _gate = RecoveryGate.Of(Context.System);

    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        await _gate.WhenOpen;
        await base.ReplayMessagesAsync(context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback);
    }
}
