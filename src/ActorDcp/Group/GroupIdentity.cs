namespace ActorDcp.Group;

/// <summary>
/// What must stay the same for a group's positions to mean the same. Fixed durably by the group's first start.
/// </summary>
/// <param name="Group">Name of the group.</param>
/// <param name="BucketUuid">UUID of the bucket; a recreated bucket has another.</param>
/// <param name="VBucketCount">Number of the bucket's vbuckets.</param>
/// <param name="ShardCount">Number of cluster shards that the vbuckets are spread over.</param>
/// <param name="StartPolicy">Where the group began; counts at the first start only, and later ones may say something else.</param>
/// <param name="FilterFingerprint">Stands for everything that selects what is streamed; empty when nothing does.</param>
internal sealed record GroupIdentity(
    string Group, string BucketUuid, int VBucketCount, int ShardCount, string StartPolicy, string FilterFingerprint);
