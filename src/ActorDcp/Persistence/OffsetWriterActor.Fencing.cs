using Akka.Actor;
using static ActorDcp.Persistence.OffsetWriterProtocol;

namespace ActorDcp.Persistence;

// Who lost a vbucket to another owner: found by a save, or by comparing all epochs.
internal sealed partial class OffsetWriterActor
{
    // owned, and not registered yet: their handlers still start
    private readonly Dictionary<VBucketId, (OwnershipEpoch Epoch, IActorRef Owner)> _taken = [];

    private void BeginRevalidation()
    {
        _busy = true;
        // who asks from now on may have begun after the read
        var asked = _revalidations.ToArray();
        _revalidations.Clear();
        RunStore(async cancel => new EpochsRead(
            asked, await _store.ReadAllAsync(_settings.Group, cancel).ConfigureAwait(false)),
            onFailure: () => _revalidations.AddRange(asked));
    }

    private void OnEpochsRead(EpochsRead read)
    {
        StoreAnswered();
        var lost = 0;
        foreach (var row in read.Rows)
        {
            if (_registered.TryGetValue(row.VBucket, out var registration) && registration.Epoch < row.Epoch)
            {
                Fence(row.VBucket, registration.Epoch);
                lost++;
            }
            if (_taken.TryGetValue(row.VBucket, out var taken) && taken.Epoch < row.Epoch)
            {
                _taken.Remove(row.VBucket);
                _metrics.Fenced(1);
                taken.Owner.Tell(new Fenced(row.VBucket, taken.Epoch));
                lost++;
            }
        }
        foreach (var (asker, begun) in read.Asked)
            asker.Tell(new Revalidated(begun, lost));
        Work();
    }

    /// <returns>The owner, which was told.</returns>
    private IActorRef Fence(VBucketId vbucket, OwnershipEpoch epoch)
    {
        if (!_registered.TryGetValue(vbucket, out var registration) || registration.Epoch != epoch)
            return ActorRefs.Nobody;
        _registered.Remove(vbucket);
        _metrics.Fenced(1);
        var fenced = new Fenced(vbucket, epoch);
        registration.Owner.Tell(fenced);
        if (_saveNow.Remove(vbucket, out var waiting))
            foreach (var asker in waiting.Where(asker => !asker.Equals(registration.Owner)))
                asker.Tell(fenced);
        return registration.Owner;
    }
}
