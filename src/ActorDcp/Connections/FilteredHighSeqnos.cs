using ActorDcp.Client;
using ActorDcp.Group;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Connections;

/// <summary>
/// The high seqnos of a node's vbuckets as a filtered stream can reach them: a change of another collection is no lag, and a node
/// that stays silent over it does not stall.
/// </summary>
internal static class FilteredHighSeqnos
{
    /// <returns>The largest of the filter's collections in each vbucket; null when there are none to ask for.</returns>
    public static async Task<IReadOnlyDictionary<VBucketId, Seqno>?> ReadAsync(
        DcpConnection connection, ResolvedFilter filter, CancellationToken cancellationToken)
    {
        if (filter is { Filter: null, IsEmpty: false })
            return await connection.GetAllVBucketSeqnosAsync(VBucketStateFilter.Active, null, cancellationToken).ConfigureAwait(false);
        if (filter.CollectionIds.Count == 0)
            return null;
        var highest = new Dictionary<VBucketId, Seqno>();
        foreach (var collection in filter.CollectionIds)
            foreach (var (vbucket, seqno) in await connection
                .GetAllVBucketSeqnosAsync(VBucketStateFilter.Active, collection, cancellationToken).ConfigureAwait(false))
                highest[vbucket] = highest.TryGetValue(vbucket, out var other) ? Seqno.Larger(seqno, other) : seqno;
        return highest;
    }
}
