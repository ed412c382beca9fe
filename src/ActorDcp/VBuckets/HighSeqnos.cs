namespace ActorDcp.VBuckets;

/// <summary>The newest high seqno polled of each vbucket. Written by the connections, read by anybody.</summary>
internal sealed class HighSeqnos(int vbuckets)
{
    private readonly ulong[] _polled = new ulong[vbuckets];

    /// <summary>What a node answered. It may be lower than before: after a failover the history is shorter.</summary>
    public void Polled(VBucketId vbucket, Seqno high)
    {
        if (vbucket.Value < _polled.Length)
            Volatile.Write(ref _polled[vbucket.Value], high.Value);
    }

    public Seqno this[VBucketId vbucket] => new(Volatile.Read(ref _polled[vbucket.Value]));
}
