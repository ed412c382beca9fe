namespace ActorDcp.Producer.Dcp;

/// <summary>The disk under a backfill, which can be slow: it is read so many changes at a time.</summary>
internal sealed partial class DcpStream
{
    private const int ChangesReadAtOnce = 4_096;
    private bool _awaitsDisk;

    /// <summary>What it waited for has been read.</summary>
    public void OnDiskRead()
    {
        _awaitsDisk = false;
        _session.Notify(this);
    }

    private void ReadFromDisk()
    {
        if (!_session.IsDiskSlow)
            return;
        _awaitsDisk = true;
        _session.AwaitDisk(this);
    }

    private void CountItem(bool fromDisk)
    {
        if (!fromDisk)
            MemoryItems++;
        else if (++BackfilledItems % ChangesReadAtOnce == 0)
            ReadFromDisk();
    }
}
