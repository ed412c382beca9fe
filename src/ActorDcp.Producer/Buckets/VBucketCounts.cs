namespace ActorDcp.Producer.Buckets;

/// <summary>What happened in a vbucket since the start, for statistics.</summary>
/// <param name="Creates">Documents made, those received from another copy too.</param>
/// <param name="Updates">Documents changed.</param>
/// <param name="Deletes">Documents deleted or expired.</param>
/// <param name="Gets">Documents read.</param>
/// <param name="Changes">All that came into the log.</param>
/// <param name="RolledBack">Changes that were lost again.</param>
/// <param name="Ticks">Changes that got the next number after the one before, because the clock stood still between them.</param>
internal readonly record struct VBucketCounts(long Creates, long Updates, long Deletes, long Gets, long Changes, long RolledBack, long Ticks);
