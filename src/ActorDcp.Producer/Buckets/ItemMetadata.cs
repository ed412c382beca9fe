using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>All of a change but its key and value.</summary>
internal readonly record struct ItemMetadata(
    ulong Seqno, ulong Cas, ulong Rev, uint Flags, uint Expiry, Datatype Datatype, ItemKind Kind);
