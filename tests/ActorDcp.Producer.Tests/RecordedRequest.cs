namespace ActorDcp.Producer.Tests;

internal sealed record RecordedRequest(
    int VBucket, ulong Start, ulong Uuid, ulong SnapshotStart, ulong SnapshotEnd, uint Flags, int Status, ulong? Rollback,
    ulong? CollectionHigh, string Value);
