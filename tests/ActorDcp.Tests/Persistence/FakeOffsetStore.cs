using System.Collections.Concurrent;
using ActorDcp.Persistence;

namespace ActorDcp.Tests.Persistence;

/// <summary>An offset table in memory that records its calls, fails while it is told to, and can be made to wait.</summary>
internal sealed class FakeOffsetStore : IOffsetStore
{
    private readonly ConcurrentQueue<IReadOnlyCollection<VBucketId>> _takeOvers = new();
    private readonly ConcurrentQueue<IReadOnlyCollection<OffsetUpdate>> _saves = new();
    private readonly ConcurrentDictionary<VBucketId, StoredOffset> _rows = new();
    private int _reads;
    private int _failures;

    /// <summary>While true every call fails.</summary>
    public volatile bool IsAway;

    /// <summary>Calls wait for it.</summary>
    public volatile Task Open = Task.CompletedTask;

    public IReadOnlyList<IReadOnlyCollection<VBucketId>> TakeOvers => [.. _takeOvers];

    public IReadOnlyList<IReadOnlyCollection<OffsetUpdate>> Saves => [.. _saves];

    public int Reads => Volatile.Read(ref _reads);

    public int Failures => Volatile.Read(ref _failures);

    public StoredOffset? Row(VBucketId vbucket) => _rows.GetValueOrDefault(vbucket);

    /// <summary>Another member takes a vbucket over.</summary>
    public void TakeAway(VBucketId vbucket) =>
        _rows[vbucket] = _rows[vbucket] with { Epoch = new OwnershipEpoch(_rows[vbucket].Epoch.Value + 1), Owner = "another" };

    public async Task<IReadOnlyList<OwnedOffset>> TakeOverAsync(
        GroupKey group, IReadOnlyCollection<VBucketId> vbuckets, string owner, CancellationToken cancellationToken)
    {
        _takeOvers.Enqueue([.. vbuckets]);
        await AnswerAsync(cancellationToken);
        return [.. vbuckets.Order().Select(vbucket =>
        {
            var row = _rows.AddOrUpdate(
                vbucket,
                _ => new StoredOffset(vbucket, new OwnershipEpoch(1), owner, StreamOffset.Beginning, RetainedBoundaries.None, default),
                (_, old) => old with { Epoch = new OwnershipEpoch(old.Epoch.Value + 1), Owner = owner });
            return new OwnedOffset(vbucket, row.Epoch, row.Offset, row.Boundaries, row.MustRecover);
        })];
    }

    public async Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken)
    {
        _saves.Enqueue([.. updates]);
        await AnswerAsync(cancellationToken);
        var fenced = new List<VBucketId>();
        foreach (var update in updates)
        {
            if (_rows[update.VBucket].Epoch == update.Epoch)
                _rows[update.VBucket] = _rows[update.VBucket] with
                {
                    Offset = update.Offset,
                    Boundaries = update.Boundaries,
                    MustRecover = update.Mark != 0,
                };
            else
                fenced.Add(update.VBucket);
        }
        return fenced;
    }

    public async Task<IReadOnlyList<StoredOffset>> ReadAllAsync(GroupKey group, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        await AnswerAsync(cancellationToken);
        return [.. _rows.Values];
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        await Open.WaitAsync(cancellationToken);
        if (!IsAway)
            return;
        Interlocked.Increment(ref _failures);
        throw new PersistenceUnavailableException("the database is away", new IOException("away"));
    }
}
