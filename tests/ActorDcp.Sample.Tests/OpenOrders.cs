namespace ActorDcp.Sample.Tests;

/// <summary>
/// The orders there are, as a table of yours would have them. Each key keeps its versions: after a failover an older one may be the
/// newest again, and Couchbase does not send it a second time.
/// </summary>
internal sealed class OpenOrders
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Version>> _versions = [];

    /// <summary>Adds what a change made of an order; null when it is gone.</summary>
    public void Add(string key, VBucketId vbucket, Seqno seqno, Order? order)
    {
        lock (_lock)
        {
            if (!_versions.TryGetValue(key, out var versions))
                _versions[key] = versions = [];
            // delivered at least once: a version that comes again changes nothing
            if (versions.Count == 0 || versions[^1].Seqno < seqno)
                versions.Add(new Version(vbucket, seqno, order));
        }
    }

    /// <summary>Undoes the changes of a vbucket above a seqno.</summary>
    public void UndoAbove(VBucketId vbucket, Seqno seqno)
    {
        lock (_lock)
            foreach (var versions in _versions.Values)
                versions.RemoveAll(version => version.VBucket == vbucket && version.Seqno > seqno);
    }

    public decimal TotalOf(string customer)
    {
        lock (_lock)
            return _versions.Values
                .Select(versions => versions.Count == 0 ? null : versions[^1].Order)
                .Where(order => order?.Customer == customer)
                .Sum(order => order!.Total);
    }

    private sealed record Version(VBucketId VBucket, Seqno Seqno, Order? Order);
}
