using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Dcp;

internal readonly record struct MarkerContents(
    MarkerVersion Version, ulong Start, ulong End, MarkerFlags Flags, SnapshotFacts Facts = default);
