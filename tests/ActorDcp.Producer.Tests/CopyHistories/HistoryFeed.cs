using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>Reads an active vbucket and feeds another copy with it, as replication does.</summary>
internal sealed class HistoryFeed(VBucket active, VBucket copy, Action<VBucket> rolledBack) : HistoryReader(active)
{
    public VBucket Copy { get; private set; } = copy;

    /// <summary>Everything that the copy was sent and did not lose again.</summary>
    public CopyModel Received { get; } = new();

    /// <summary>The copy was started anew: it has what was on its disk.</summary>
    public void Restart(VBucket copy)
    {
        Copy = copy;
        Received.TruncateTo(copy.HighSeqno);
        Reconnect(VBucket);
    }

    protected override void OnOpened(FailoverLog log) => Copy.ReceiveLog(log);

    protected override void OnMarker(ulong start, ulong end, MarkerFlags flags)
    {
        if ((flags & MarkerFlags.Disk) != 0)
            Copy.ReceivePurgeSeqno(VBucket.PurgeSeqno);
        Copy.ReceiveMarker(start, end, flags);
    }

    protected override void OnItem(StoredItem item)
    {
        Copy.Receive(SimulatedDisk.Copy(item));
        Received.Add(item.Seqno, SimulatedDisk.KeyOf(item), item.Kind == ItemKind.Mutation);
    }

    protected override void OnReached(ulong seqno)
    {
        Copy.ReceiveSeqnoAdvanced(seqno);
        Received.AdvanceTo(seqno);
    }

    protected override ReceivedPosition ResumeAt() => Copy.ReceivedPosition;

    protected override ulong RollBack(ulong seqno)
    {
        var reached = Copy.RollBackTo(seqno);
        Assert.True(reached <= seqno);
        Received.TruncateTo(reached);
        rolledBack(Copy);
        return reached;
    }

    /// <summary>What counts is what the copy has, not what passed through here.</summary>
    protected override SortedDictionary<string, ulong> State()
    {
        var state = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var item in Copy.Changes())
            if (item.Kind == ItemKind.Mutation)
                state[SimulatedDisk.KeyOf(item)] = item.Seqno;
        return state;
    }
}
