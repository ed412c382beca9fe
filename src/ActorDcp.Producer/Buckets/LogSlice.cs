namespace ActorDcp.Producer.Buckets;

/// <summary>A run of a vbucket's log as it stood at one moment, together with the seqno at which that snapshot ends.</summary>
/// <param name="Items">The log.</param>
/// <param name="From">First index.</param>
/// <param name="To">Index behind the last.</param>
/// <param name="SnapshotEnd">Last seqno.</param>
/// <param name="MarkerEnd">End that a marker of it announces; above the snapshot end while a replica still receives the rest.</param>
/// <param name="PurgeRuns">Runs of the tombstone purger that it heeds; 0 for memory, which tombstones leave with their checkpoint.</param>
/// <param name="IsDisk">Whether it stands for the disk, which shows no prepare that is committed.</param>
internal readonly record struct LogSlice(
    StoredItem[] Items, int From, int To, ulong SnapshotEnd, ulong MarkerEnd = 0, uint PurgeRuns = 0, bool IsDisk = false)
{
    /// <summary>Whether the change at an index is none of the snapshot's.</summary>
    public bool LeavesOut(int index)
    {
        var item = Items[index];
        return item.IsSupersededWithin(SnapshotEnd) || item.IsPurgedWithin(PurgeRuns) || (IsDisk && item.IsCompletedWithin(SnapshotEnd));
    }

    /// <summary>Whether more of its snapshot is to come.</summary>
    public bool IsPart => MarkerEnd > SnapshotEnd;

    /// <summary>Moves to the next change of the snapshot at or after an index.</summary>
    public bool TryFindFrom(ref int index)
    {
        while (index < To && LeavesOut(index))
            index++;
        return index < To;
    }
}
