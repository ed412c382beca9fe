namespace ActorDcp.Producer.Buckets;

/// <summary>What a stream found in memory after its position.</summary>
/// <param name="Slice">The changes up to its snapshot end, which is 0 when there is nothing new.</param>
/// <param name="CheckpointSnapshotStart">Snapshot start of the checkpoint they are in.</param>
/// <param name="StartsCheckpoint">Whether the slice begins with that checkpoint's start.</param>
/// <param name="IsDisk">Whether the checkpoint was received as a disk snapshot.</param>
/// <param name="IsGap">The position lies before what memory holds: read from disk.</param>
internal readonly record struct MemoryRead(
    LogSlice Slice, ulong CheckpointSnapshotStart, bool StartsCheckpoint, bool IsDisk, bool IsGap)
{
    public static MemoryRead Nothing => new(new LogSlice([], 0, 0, 0), 0, false, false, false);

    public static MemoryRead Gap => new(new LogSlice([], 0, 0, 0), 0, false, false, true);

    public bool IsEmpty => Slice.SnapshotEnd == 0;
}
