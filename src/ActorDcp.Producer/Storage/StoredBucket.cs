using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Storage;

/// <summary>What a data folder holds.</summary>
/// <param name="Uuid">Of the bucket.</param>
/// <param name="VBuckets">All of them, with their documents.</param>
internal sealed record StoredBucket(string Uuid, IReadOnlyList<StoredVBucket> VBuckets);
