using System.Collections.Concurrent;
using ActorDcp.Handlers;
using ActorDcp.Handlers.LastStates;
using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.EndToEnd.Tests.Failover;

/// <summary>The states of all vbuckets, which outlive the member as a database would, and what their handlers heard.</summary>
internal sealed class StateBook
{
    private readonly ConcurrentDictionary<VBucketId, LastStateHandler> _states = new();

    public ConcurrentQueue<RolledBack> Rollbacks { get; } = new();

    /// <summary>The first seqno that came after the last rollback of a vbucket.</summary>
    public ConcurrentDictionary<VBucketId, Seqno> FirstAfterRollback { get; } = new();

    public LastStateHandler Of(VBucketId vbucket) => _states.GetOrAdd(vbucket, id => new LastStateHandler(id));

    /// <summary>What differs between the states and the producer's documents; empty when nothing does.</summary>
    public IReadOnlyList<string> DifferencesFrom(EmbeddedProducer producer)
    {
        var differences = new List<string>();
        for (var vbucket = 0; vbucket < producer.Bucket.VBucketCount; vbucket++)
        {
            var id = VBucketId.From(vbucket);
            var expected = producer.Bucket.History(id).GroupBy(change => change.KeyText)
                .Select(versions => versions.MaxBy(change => change.Seqno)!)
                .Where(document => document.Type == RecordedChangeType.Mutation)
                .Select(document => Text(document.KeyText, document.Seqno, document.Cas, document.Value)).ToHashSet();
            var actual = Of(id).Snapshot().Where(state => !state.Value.Removed)
                .Select(state => Text(state.Key.Key, state.Value.Seqno, state.Value.Cas, state.Value.Body)).ToHashSet();
            differences.AddRange(expected.Except(actual).Select(document => $"vb {vbucket}: {document} is missing"));
            differences.AddRange(actual.Except(expected).Select(document => $"vb {vbucket}: {document} should not be there"));
        }
        return differences;
    }

    private static string Text(string key, Seqno seqno, ulong cas, ReadOnlyMemory<byte> body) =>
        $"{key} of seqno {seqno}, cas {cas}, {Convert.ToHexString(body.Span)}";
}

/// <summary>The shipped <see cref="LastStateHandler"/>, whose states outlive it, and an ear at its door.</summary>
internal sealed class BookedStates(HandlerAssignment assignment, StateBook book) : IDcpHandler
{
    private readonly LastStateHandler _states = book.Of(assignment.VBucket);
    private bool _wentBack;

    public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
    {
        if (_wentBack)
            book.FirstAfterRollback[batch.VBucket] = batch[0].Seqno;
        _wentBack = false;
        return _states.HandleAsync(batch, stopping);
    }

    public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping)
    {
        book.Rollbacks.Enqueue(rollback);
        _wentBack = true;
        return _states.RolledBackAsync(rollback, stopping);
    }
}
