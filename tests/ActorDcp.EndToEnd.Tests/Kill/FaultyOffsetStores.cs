using ActorDcp.Persistence;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>An offset table that does as it should, for faults to be planted in.</summary>
internal abstract class OffsetStoreDecorator(IOffsetStore inner) : IOffsetStore
{
    protected IOffsetStore Inner { get; } = inner;

    public virtual Task<IReadOnlyList<OwnedOffset>> TakeOverAsync(
        GroupKey group, IReadOnlyCollection<VBucketId> vbuckets, string owner, CancellationToken cancellationToken) =>
        Inner.TakeOverAsync(group, vbuckets, owner, cancellationToken);

    public virtual Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken) =>
        Inner.SaveAsync(group, updates, cancellationToken);

    public virtual Task<IReadOnlyList<StoredOffset>> ReadAllAsync(GroupKey group, CancellationToken cancellationToken) =>
        Inner.ReadAllAsync(group, cancellationToken);
}

/// <summary>The fault of a checkpoint that passes an event which is still to come: every position is saved one too far.</summary>
internal sealed class OneTooFarStore(IOffsetStore inner) : OffsetStoreDecorator(inner)
{
    public override Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken) =>
        base.SaveAsync(group, [.. updates.Select(update => update with { Offset = Next(update.Offset) })], cancellationToken);

    private static StreamOffset Next(StreamOffset offset) =>
        StreamOffset.Boundary(offset.Uuid, new Seqno(offset.Seqno.Value + 1), offset.ManifestUid);
}

/// <summary>The fault of a fence that is not there: a stale owner's save counts like the owner's.</summary>
internal sealed class UnfencedStore(IOffsetStore inner) : OffsetStoreDecorator(inner)
{
    public override async Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken)
    {
        var epochs = (await ReadAllAsync(group, cancellationToken)).ToDictionary(row => row.VBucket, row => row.Epoch);
        return await base.SaveAsync(
            group, [.. updates.Select(update => update with { Epoch = epochs[update.VBucket] })], cancellationToken);
    }
}

/// <summary>The fault of a position on a branch that is not its own.</summary>
internal sealed class WrongUuidStore(IOffsetStore inner) : OffsetStoreDecorator(inner)
{
    public override async Task<IReadOnlyList<OwnedOffset>> TakeOverAsync(
        GroupKey group, IReadOnlyCollection<VBucketId> vbuckets, string owner, CancellationToken cancellationToken)
    {
        var owned = await base.TakeOverAsync(group, vbuckets, owner, cancellationToken);
        return [.. owned.Select(row => row.Offset.Seqno == Seqno.Zero ? row : row with { Offset = Elsewhere(row.Offset) })];
    }

    private static StreamOffset Elsewhere(StreamOffset offset) =>
        new(new VBucketUuid(offset.Uuid.Value ^ 0x5a5a), offset.Seqno, offset.Snapshot, offset.ManifestUid);
}

/// <summary>A crash without a process: from a moment on nothing that is saved arrives, though it seems to.</summary>
internal sealed class ForgettingStore(IOffsetStore inner) : OffsetStoreDecorator(inner)
{
    private volatile bool _forgets;

    public void ForgetFromNowOn() => _forgets = true;

    public override Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken) =>
        _forgets ? Task.FromResult<IReadOnlyList<VBucketId>>([]) : base.SaveAsync(group, updates, cancellationToken);
}
