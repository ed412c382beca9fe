using ActorDcp.Streams;

namespace ActorDcp.VBuckets;

/// <summary>The newest high seqno polled of each vbucket. Written by the connections, read by anybody.</summary>
internal sealed class HighSeqnos(int vbuckets)
{
    private readonly ulong[] _polled = new ulong[vbuckets];
    private readonly VBucketProgress?[] _followers = new VBucketProgress?[vbuckets];

    /// <summary>What a node answered. It may be lower than before: after a failover the history is shorter.</summary>
    public void Polled(VBucketId vbucket, Seqno high)
    {
        if (vbucket.Value >= _polled.Length)
            return;
        Volatile.Write(ref _polled[vbucket.Value], high.Value);
        Volatile.Read(ref _followers[vbucket.Value])?.ReportHigh(high);
    }

    /// <summary>Reports each poll of a vbucket to its cursors until the result is disposed, or another owner's follow.</summary>
    public IDisposable Follow(VBucketId vbucket, VBucketProgress progress)
    {
        if (vbucket.Value >= _followers.Length)
            return new Following(null, progress, 0);
        Volatile.Write(ref _followers[vbucket.Value], progress);
        progress.ReportHigh(this[vbucket]);
        return new Following(_followers, progress, vbucket.Value);
    }

    /// <summary>Zero for what was never polled.</summary>
    public Seqno this[VBucketId vbucket] =>
        vbucket.Value < _polled.Length ? new Seqno(Volatile.Read(ref _polled[vbucket.Value])) : Seqno.Zero;

    private sealed class Following(VBucketProgress?[]? followers, VBucketProgress progress, int index) : IDisposable
    {
        public void Dispose()
        {
            if (followers is not null)
                Interlocked.CompareExchange(ref followers[index], null, progress);
        }
    }
}
