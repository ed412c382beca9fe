namespace ActorDcp.Host.Drain;

/// <summary>Throws events away, for measuring and for counting.</summary>
internal sealed class NoOutput : IDrainOutput
{
    public void Write(DcpBatch batch, int count)
    {
    }

    public void Write(RolledBack rollback)
    {
    }

    public void Write(VBucketId vbucket, StreamEndReason reason)
    {
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }
}
