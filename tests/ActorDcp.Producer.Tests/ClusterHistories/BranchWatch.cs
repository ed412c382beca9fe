using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>Sees every branch that a copy comes to and whenever its streams end, under the copy's lock: it can miss none.</summary>
internal sealed class BranchWatch : IVBucketListener
{
    private readonly VBucket _copy;
    private volatile BranchPath _path = new();

    public BranchWatch(VBucket copy)
    {
        _copy = copy;
        copy.Watch(this);
    }

    /// <summary>The branches since all streams of the copy ended last.</summary>
    public BranchPath Path => _path;

    public void OnChanged()
    {
    }

    public void OnEnded(StreamEndReason reason)
    {
        var next = new BranchPath();
        next.Add(_copy.Uuid.Value, _copy.HighSeqno);
        _path = next;
    }

    public void OnBranchesReceived(VBucketUuid newest, ulong highSeqno) => _path.Add(newest.Value, highSeqno);
}
