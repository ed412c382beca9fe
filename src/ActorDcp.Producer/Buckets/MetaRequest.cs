using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>A change made elsewhere, to be taken with its metadata (dcp-reference.md 3.21). Lives as long as the frame it was read from.</summary>
internal readonly ref struct MetaRequest
{
    /// <summary>Mutation, deletion or expiration.</summary>
    public required ItemKind Kind { get; init; }

    /// <summary>Collection prefix and key.</summary>
    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Section of extended attributes, if the datatype says so, and body.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    public Datatype Datatype { get; init; }

    public uint Flags { get; init; }

    /// <summary>Unix seconds: expiry, or the time of the deletion.</summary>
    public uint Expiry { get; init; }

    public required ulong Rev { get; init; }

    /// <summary>The change's own cas.</summary>
    public required ulong Cas { get; init; }

    /// <summary>Cas that the document here must have; 0 for any.</summary>
    public ulong ExpectedCas { get; init; }

    /// <summary>Refuse if the document is there.</summary>
    public bool OnlyAdd { get; init; }

    public bool SkipsConflictResolution { get; init; }

    public bool RegeneratesCas { get; init; }
}
