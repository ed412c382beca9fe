using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>What became of a document operation: on success the document as it now is.</summary>
internal readonly record struct DocumentOutcome(Status Status, StoredItem? Item, VBucketUuid Uuid)
{
    /// <summary>A durable write is prepared: its request is told when it is done.</summary>
    public bool IsPending => Item is { Kind: ItemKind.Prepare };

    /// <summary>The cas to answer where it is not the document's own: that of a lock.</summary>
    public ulong? ShownCas { get; init; }

    /// <summary>The cas to answer.</summary>
    public ulong Cas => ShownCas ?? Item?.Cas ?? 0;

    public static DocumentOutcome Refused(Status status) => new(status, null, default);
}
