using ActorDcp.Persistence;

namespace ActorDcp.Host.Drain;

/// <summary>
/// Snapshot ends of one vbucket that were received whole, ascending: where a rollback may resume from (dcp-reference.md 4.4).
/// The newest are all kept, older ones ever more thinly. A drain has no history that outlives it, so times do not matter here.
/// </summary>
internal sealed class DrainBoundaries
{
    private readonly List<RetainedBoundary> _ascending = [];

    public int Count => _ascending.Count;

    public void Add(VBucketUuid uuid, Seqno seqno)
    {
        if (_ascending.Count > 0 && _ascending[^1].Seqno >= seqno)
            return;
        if (_ascending.Count == RetainedBoundaries.MaxCount)
            ThinOlderHalf();
        _ascending.Add(new RetainedBoundary(uuid, seqno, DateTimeOffset.UnixEpoch));
    }

    public RetainedBoundaries ToRetained() => RetainedBoundaries.From(_ascending);

    /// <summary>Forgets what lies above a seqno that the vbucket went back to.</summary>
    public void TruncateTo(Seqno seqno) => _ascending.RemoveAll(boundary => boundary.Seqno > seqno);

    private void ThinOlderHalf()
    {
        var kept = 0;
        for (var i = 0; i < _ascending.Count; i++)
            if (i >= _ascending.Count / 2 || i % 2 == 0)
                _ascending[kept++] = _ascending[i];
        _ascending.RemoveRange(kept, _ascending.Count - kept);
    }
}
