namespace ActorDcp.Producer.Buckets;

/// <summary>Where a write stands in its vbucket's history.</summary>
/// <param name="VBucket">The vbucket of the key.</param>
/// <param name="Uuid">The branch it was written on.</param>
/// <param name="Seqno">Its place in it.</param>
/// <param name="Cas">The document's new compare-and-swap value.</param>
public readonly record struct MutationResult(VBucketId VBucket, VBucketUuid Uuid, Seqno Seqno, ulong Cas);
