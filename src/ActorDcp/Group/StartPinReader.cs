using ActorDcp.Client;
using ActorDcp.Persistence;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Group;

/// <summary>
/// Reads where every vbucket stands now, in one pass: what "start now" pins at a group's first start. It is the vbucket's own high
/// seqno, also for a group with a filter: a producer checks a start against the vbucket's history, not the filter's, and nothing that
/// the filter lets through lies between the last such change and it (dcp-reference.md 4.3, 4.4).
/// </summary>
internal static class StartPinReader
{
    /// <exception cref="KvConnectionException">A node does not answer, or a vbucket has no active copy: then nothing may be pinned.</exception>
    public static async Task<IReadOnlyList<StartPin>> ReadAsync(
        ClusterMap map, IReadOnlyList<KvEndpoint> nodes, Func<KvEndpoint, CancellationToken, Task<KvConnection>> connect, CancellationToken cancellationToken)
    {
        var pins = new Dictionary<VBucketId, StartPin>();
        foreach (var node in nodes)
        {
            await using var connection = await connect(node, cancellationToken).ConfigureAwait(false);
            var seqnos = await connection.GetAllVBucketSeqnosAsync(VBucketStateFilter.Active, null, cancellationToken).ConfigureAwait(false);
            foreach (var (vbucket, seqno) in seqnos)
            {
                var log = await connection.GetFailoverLogAsync(vbucket, cancellationToken).ConfigureAwait(false)
                    ?? throw new KvConnectionException($"vbucket {vbucket} moved away from {node} while the start was pinned");
                pins[vbucket] = new StartPin(vbucket, seqno == Seqno.Zero
                    ? StreamOffset.Beginning
                    : StreamOffset.Boundary(log.UuidAtOrBelow(seqno), seqno));
            }
        }
        for (var i = 0; i < map.VBucketCount; i++)
            if (!pins.ContainsKey(VBucketId.From(i)))
                throw new KvConnectionException($"no node has the active copy of vbucket {i}, so its start cannot be pinned");
        return [.. pins.Values.OrderBy(pin => pin.VBucket)];
    }
}
