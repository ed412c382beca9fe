namespace ActorDcp.Producer.Buckets;

/// <summary>What a stream found in memory after its position.</summary>
/// <param name="Slice">The changes; empty when there is nothing new.</param>
/// <param name="CheckpointSnapshotStart">Snapshot start of the checkpoint they are in.</param>
/// <param name="StartsCheckpoint">Whether the slice begins with that checkpoint's start.</param>
/// <param name="IsGap">The position lies before what memory holds: read from disk.</param>
internal readonly record struct MemoryRead(LogSlice Slice, ulong CheckpointSnapshotStart, bool StartsCheckpoint, bool IsGap)
{
    public static MemoryRead Nothing => new(new LogSlice([], 0, 0, 0), 0, false, false);

    public static MemoryRead Gap => new(new LogSlice([], 0, 0, 0), 0, false, true);

    public bool IsEmpty => Slice.From >= Slice.To;
}
