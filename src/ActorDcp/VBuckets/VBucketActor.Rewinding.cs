using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

// Rewinding: an operator has the vbucket go back to a retained boundary, or on to now. Only from a standstill or while it streams.
internal sealed partial class VBucketActor
{
    private void Rewind(VBucketMessages.Rewind rewind)
    {
        if (MoveOf(rewind.To) is not { } move)
        {
            Reject(RejectionKind.Conflict, $"seqno {rewind.To.Seqno} is not behind what was handled, {_progress!.Handled.Seqno}: rewind to now to go on there");
            return;
        }
        if (rewind.DryRun)
        {
            Sender.Tell(new VBucketMessages.RewindAccepted(_vbucket, move.From, move.Resume.Seqno, DryRun: true));
            return;
        }
        _operators.Add((Sender, null));
        if (_graph is null)
            Move(move);
        else
            // what is in work while it drains is handled, and part of what to go back over
            DrainGraph(() => Move(MoveOf(rewind.To)!));
    }

    private void SetOffset(VBucketMessages.SetOffset set)
    {
        var handled = _progress!.Handled.Seqno;
        if (set.DryRun)
        {
            Sender.Tell(new VBucketMessages.RewindAccepted(_vbucket, handled, set.Offset.Seqno, DryRun: true));
            return;
        }
        _operators.Add((Sender, null));
        Move(new RollbackPlan(handled, set.Offset, RollbackReason.UserRewind, _history!.Log, _progress.Boundaries));
    }

    /// <summary>From where to where; null when that is not behind. Whatever the boundary, its seqno says what is delivered again.</summary>
    private RollbackPlan? MoveOf(RewindTarget target)
    {
        var handled = _progress!.Handled;
        if (target.Kind == RewindKind.Now)
            return ToNow(handled);
        var to = target.Kind == RewindKind.Beginning ? Seqno.Zero : target.Seqno;
        return to > handled.Seqno ? null : RollbackPlan.Rewind(to, handled, _history!.Log, _progress.Boundaries);
    }

    private RollbackPlan ToNow(StreamOffset handled)
    {
        var (high, uuid) = (_group.HighSeqnos[_vbucket], _history!.Log.NewestUuid);
        var resume = high > handled.Seqno && !uuid.IsNone ? StreamOffset.Boundary(uuid, high, handled.ManifestUid) : handled;
        return new RollbackPlan(handled.Seqno, resume, RollbackReason.UserRewind, _history.Log, _progress!.Boundaries);
    }

    private void Move(RollbackPlan plan)
    {
        if (plan.Resume.Seqno < plan.From)
        {
            GoBackBy(plan);
            return;
        }
        // nothing to undo, so the handler is not told
        _log.Warning("vbucket {0}: going on from {1} to {2} because an operator asked for it", _vbucket, plan.From, plan.Resume.Seqno);
        RecordForOperators(new VBucketFact.StartPinned(Epoch, Now, plan.Resume));
        _progress!.MovedTo(plan.Resume);
        _acknowledged = null;
        Become(SavingRollback);
        SaveRollback();
    }
}
