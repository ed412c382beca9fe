using ActorDcp.Persistence;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Persistence;

namespace ActorDcp.VBuckets.Journal;

/// <summary>
/// The persistent half of a vbucket: its rare facts. A child of the vbucket's actor under <c>Backoff.OnStop</c>, because Akka
/// stops a persistent actor whose write failed, and one bad write may take innocents along, while graph and handler live on.
/// Bounded for ever: every <c>snapshotEvery</c> facts a snapshot replaces all before it.
/// </summary>
internal sealed class VBucketJournalActor : UntypedPersistentActor
{
    public const int DefaultSnapshotEvery = 50;

    private readonly IActorRef _owner;
    private readonly int _snapshotEvery;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private VBucketHistory _history = VBucketHistory.Empty;
    private int _sinceSnapshot;
    private long _recoveredFrom;

    public VBucketJournalActor(string persistenceId, IActorRef owner, int snapshotEvery)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(snapshotEvery, 1);
        PersistenceId = persistenceId;
        _owner = owner;
        _snapshotEvery = snapshotEvery;
    }

    public override string PersistenceId { get; }

    /// <summary>One vbucket of a group on one incarnation of a bucket.</summary>
    public static string PersistenceIdOf(GroupKey group, VBucketId vbucket) => $"{PersistenceIdPrefixOf(group)}{vbucket}";

    /// <summary>What the ids of all vbuckets of a group and bucket begin with.</summary>
    public static string PersistenceIdPrefixOf(GroupKey group) => $"actordcp-{group.Group}-{group.BucketUuid}-";

    /// <param name="group">Group and bucket.</param>
    /// <param name="vbucket">The vbucket.</param>
    /// <param name="owner">Hears <see cref="VBucketJournal.Recovered"/> after each start.</param>
    /// <param name="snapshotEvery">Facts after which a snapshot is taken.</param>
    public static Props Props(GroupKey group, VBucketId vbucket, IActorRef owner, int snapshotEvery = DefaultSnapshotEvery)
    {
        var persistenceId = PersistenceIdOf(group, vbucket);
        return Akka.Actor.Props.Create<VBucketJournalActor>(persistenceId, owner, snapshotEvery);
    }

    /// <summary>The same, started again with backoff whenever its database failed it.</summary>
    public static Props SupervisedProps(GroupKey group, VBucketId vbucket, IActorRef owner) => BackoffSupervisor.Props(
        Backoff.OnStop(
            Props(group, vbucket, owner), "journal",
            minBackoff: TimeSpan.FromMilliseconds(200), maxBackoff: TimeSpan.FromSeconds(20), randomFactor: 0.2, maxNrOfRetries: -1));

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: VBucketHistory history } offer:
                _history = history;
                _recoveredFrom = offer.Metadata.SequenceNr;
                break;
            case VBucketFact fact:
                _history = _history.Apply(fact);
                _sinceSnapshot++;
                break;
            case RecoveryCompleted:
                _owner.Tell(new VBucketJournal.Recovered(_history));
                break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case VBucketJournal.Record record:
                RecordFact(record.Fact);
                break;
            case VBucketJournal.GetHistory:
                Sender.Tell(new VBucketJournal.Recovered(_history));
                break;
            case SaveSnapshotSuccess saved:
                _recoveredFrom = 0;
                DeleteReplaced(saved.Metadata.SequenceNr);
                break;
            case SaveSnapshotFailure failure:
                // the facts are still there; the next snapshot covers these too
                _log.Warning("Snapshot of {PersistenceId} was not saved: {Reason}", PersistenceId, PersistenceFailure.Describe(failure.Cause));
                break;
            case DeleteMessagesFailure failure:
                _log.Warning("Old facts of {PersistenceId} were not deleted, the next snapshot does it: {Reason}", PersistenceId, PersistenceFailure.Describe(failure.Cause));
                break;
            case DeleteSnapshotsFailure failure:
                _log.Warning("Old snapshots of {PersistenceId} were not deleted, the next one does it: {Reason}", PersistenceId, PersistenceFailure.Describe(failure.Cause));
                break;
            case DeleteMessagesSuccess or DeleteSnapshotsSuccess:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Akka stops the actor then: it starts anew under backoff, and what was not answered is sent again.</summary>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Warning("{PersistenceId} could not store {Fact} and tries again: {Reason}", PersistenceId, @event.GetType().Name, PersistenceFailure.Describe(cause));

    /// <inheritdoc cref="OnPersistFailure"/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        // a fact that cannot be applied is a fault of ours, whose trace is wanted
        if (message is null)
            _log.Warning("{PersistenceId} could not read its facts and tries again: {Reason}", PersistenceId, PersistenceFailure.Describe(reason));
        else
            base.OnRecoveryFailure(reason, message);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "{PersistenceId} cannot store {Fact}", PersistenceId, @event.GetType().Name);
        if (@event is VBucketFact fact)
            Sender.Tell(new VBucketJournal.RecordRejected(fact, cause.Message));
        Context.Stop(Self);
    }

    private void RecordFact(VBucketFact fact)
    {
        var sender = Sender;
        if (fact.Epoch < _history.Epoch)
        {
            sender.Tell(new VBucketJournal.RecordRejected(
                fact, $"epoch {fact.Epoch} is stale: {_history.Epoch} is the vbucket's"));
            return;
        }
        // sent again after an unclear write that did happen
        if (_history.Facts.Contains(fact))
        {
            sender.Tell(new VBucketJournal.Recorded(fact, _history));
            return;
        }
        Persist(fact, stored =>
        {
            _history = _history.Apply(stored);
            sender.Tell(new VBucketJournal.Recorded(stored, _history));
            if (++_sinceSnapshot < _snapshotEvery)
                return;
            _sinceSnapshot = 0;
            SaveSnapshot(_history);
            // a vbucket that moved before its snapshot was answered left what that replaces, and may move again before this one is
            if (_recoveredFrom > 0)
                DeleteReplaced(_recoveredFrom);
        });
    }

    /// <summary>The snapshot stands for all facts up to it, and for the snapshots before.</summary>
    private void DeleteReplaced(long snapshot)
    {
        DeleteMessages(snapshot);
        DeleteSnapshots(new SnapshotSelectionCriteria(snapshot - 1));
    }
}
