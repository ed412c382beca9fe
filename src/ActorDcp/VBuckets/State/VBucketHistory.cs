using System.Collections.Immutable;
using ActorDcp.Serialization;

namespace ActorDcp.VBuckets.State;

/// <summary>What a vbucket's facts add up to. Immutable; also the snapshot of its journal.</summary>
/// <param name="Epoch">Highest epoch that said anything.</param>
/// <param name="Log">Failover log of the last stream that was opened, less what a rollback dropped.</param>
/// <param name="PendingRollback">A rollback that the handler has not acknowledged yet.</param>
/// <param name="PausedReason">Why nothing is delivered; null while it is.</param>
/// <param name="Facts">The last <see cref="MaxFacts"/>, oldest first.</param>
internal sealed record VBucketHistory(
    OwnershipEpoch Epoch,
    FailoverLog Log,
    VBucketFact.RolledBack? PendingRollback,
    string? PausedReason,
    ImmutableArray<VBucketFact> Facts) : IActorDcpMessage
{
    public const int MaxFacts = 100;

    /// <summary>Of a vbucket that nothing happened to yet.</summary>
    public static VBucketHistory Empty { get; } = new(OwnershipEpoch.None, FailoverLog.Empty, null, null, []);

    /// <summary>Collections of the filter that are not read, by number.</summary>
    public ImmutableArray<LeftOutCollection> LeftOut { get; init; } = [];

    /// <summary>Whether the next owner must know it before it delivers anything.</summary>
    public bool MustBeKnown => PendingRollback is not null || IsPaused || !LeftOut.IsEmpty;

    public bool IsPaused => PausedReason is not null;

    /// <summary>The history after a fact; unchanged when the fact is a stale owner's.</summary>
    public VBucketHistory Apply(VBucketFact fact)
    {
        if (fact.Epoch < Epoch)
            return this;
        var facts = Facts.Length < MaxFacts ? Facts : Facts.RemoveRange(0, Facts.Length - MaxFacts + 1);
        var next = this with { Epoch = fact.Epoch, Facts = facts.Add(fact) };
        return fact switch
        {
            VBucketFact.StreamOpened opened => next with { Log = opened.Log },
            VBucketFact.RolledBack rolledBack => next with
            {
                Log = Log.TruncatedTo(rolledBack.To),
                PendingRollback = PendingRollback is { } pending ? Merge(pending, rolledBack) : rolledBack,
                LeftOut = [.. LeftOut.Select(each => each.From.Seqno > rolledBack.To ? each with { From = rolledBack.Position } : each)],
            },
            // an operator goes on there: what was missed until then is not wanted
            VBucketFact.StartPinned pinned => next with { LeftOut = [.. LeftOut.Select(each => each with { From = pinned.Offset })] },
            VBucketFact.CollectionsLeftOut leftOut => next with
            {
                LeftOut = [.. leftOut.Ids.Order().Select(id => LeftOut.FirstOrDefault(each => each.Id == id, new LeftOutCollection(id, leftOut.From)))],
            },
            // an answer to a rollback that a further one has overtaken leaves the further one pending
            VBucketFact.RollbackAcknowledged acknowledged when PendingRollback?.To == acknowledged.To =>
                next with { PendingRollback = null },
            VBucketFact.Paused paused => next with { PausedReason = paused.Reason },
            VBucketFact.Resumed => next with { PausedReason = null },
            _ => next,
        };
    }

    public bool Equals(VBucketHistory? other) =>
        other is not null && Epoch == other.Epoch && Log.Equals(other.Log) && PendingRollback == other.PendingRollback
        && PausedReason == other.PausedReason && LeftOut.AsSpan().SequenceEqual(other.LeftOut.AsSpan()) && Facts.AsSpan().SequenceEqual(other.Facts.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Epoch, Log, PendingRollback, PausedReason, Facts.Length);

    // the handler has heard of neither: one rollback that covers both
    private static VBucketFact.RolledBack Merge(VBucketFact.RolledBack earlier, VBucketFact.RolledBack later) =>
        later with
        {
            From = Seqno.Larger(earlier.From, later.From),
            To = Seqno.Smaller(earlier.To, later.To),
            Uuid = later.To <= earlier.To ? later.Uuid : earlier.Uuid,
            Resume = later.To <= earlier.To ? later.Resume : earlier.Resume,
            Reason = earlier.Reason is RollbackReason.Purge or RollbackReason.UnknownUuid ? earlier.Reason : later.Reason,
        };
}
