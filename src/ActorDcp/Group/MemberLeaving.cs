using System.Collections.Concurrent;
using ActorDcp.VBuckets;
using Akka.Actor;

namespace ActorDcp.Group;

/// <summary>How far a member is with leaving, and what it left undone. Thread-safe.</summary>
internal sealed class MemberLeaving
{
    private readonly ConcurrentDictionary<VBucketId, bool> _unfinished = [];
    private volatile bool _isLeaving;
    private volatile bool _isDraining;

    /// <summary>Whether this member takes over nothing any more.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>How many vbuckets ended without having finished or saved what they handled, since the member began to leave.</summary>
    public int Unfinished => _unfinished.Count;

    /// <summary>The member begins to leave.</summary>
    public void Begin() => _isLeaving = true;

    /// <summary>
    /// Drains what still runs here without asking anybody: a hand-over needs the shards' coordinator and every other member, and those
    /// may be leaving too. A vbucket that is started here afterwards waits, and owns nothing, until its shard is gone.
    /// </summary>
    public void DrainHere(ActorSystem system, IActorRef region)
    {
        _isDraining = true;
        // region, shard, entity
        system.ActorSelection(region.Path / "*" / "*").Tell(VBucketMessages.Drain.Instance, ActorRefs.NoSender);
    }

    /// <summary>A vbucket ends here, and some of what it handled may be delivered again.</summary>
    public void EndsUnfinished(VBucketId vbucket)
    {
        if (_isLeaving)
            _unfinished[vbucket] = true;
    }
}
