namespace ActorDcp.Producer.Buckets;

/// <summary>A run of a vbucket's log as it stood at one moment, together with the seqno at which that snapshot ends.</summary>
internal readonly record struct LogSlice(StoredItem[] Items, int From, int To, ulong SnapshotEnd)
{
    /// <summary>Moves to the next change at or after an index that is not superseded within the snapshot.</summary>
    public bool TryFindFrom(ref int index)
    {
        while (index < To && Items[index].IsSupersededWithin(SnapshotEnd))
            index++;
        return index < To;
    }
}
