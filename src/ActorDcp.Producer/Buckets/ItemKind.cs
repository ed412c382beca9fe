namespace ActorDcp.Producer.Buckets;

/// <summary>What a change did to its document.</summary>
internal enum ItemKind : byte
{
    Mutation = 0,
    Deletion = 1,
    Expiration = 2,
}
