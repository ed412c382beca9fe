namespace ActorDcp.Handlers;

/// <summary>What a handler is made for. A handler actor may take it as a constructor parameter.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Group">Name of the consumer group.</param>
/// <param name="Member">Name of this cluster member.</param>
public sealed record HandlerAssignment(VBucketId VBucket, string Group, string Member);
