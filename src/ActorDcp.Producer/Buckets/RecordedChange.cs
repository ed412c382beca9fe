using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>One change as a bucket made it: what a stream of everything must show. Immutable; owns its bytes.</summary>
public sealed record RecordedChange
{
    /// <summary>The vbucket.</summary>
    public required VBucketId VBucket { get; init; }

    /// <summary>Place in the vbucket's history.</summary>
    public required Seqno Seqno { get; init; }

    /// <summary>What was done to the document.</summary>
    public required RecordedChangeType Type { get; init; }

    /// <summary>Id of the document's collection; 0 the default one.</summary>
    public uint CollectionId { get; init; }

    /// <summary>The key, without a collection prefix.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>The value as stored; empty for deletions and expirations.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Compare-and-swap value.</summary>
    public required ulong Cas { get; init; }

    /// <summary>Revision of the document, from 1.</summary>
    public required ulong Rev { get; init; }

    /// <summary>The client's four bytes.</summary>
    public uint Flags { get; init; }

    /// <summary>Absolute expiry in Unix seconds, 0 none; of a deletion or expiration the time it happened.</summary>
    public uint Expiry { get; init; }

    /// <summary>What the value is made of.</summary>
    public Datatype Datatype { get; init; }

    /// <summary>The key as UTF-8 text.</summary>
    public string KeyText => Encoding.UTF8.GetString(Key.Span);
}
