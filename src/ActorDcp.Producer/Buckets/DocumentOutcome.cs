using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>What became of a document operation: on success the document as it now is.</summary>
internal readonly record struct DocumentOutcome(Status Status, StoredItem? Item, VBucketUuid Uuid)
{
    public static DocumentOutcome Refused(Status status) => new(status, null, default);
}
