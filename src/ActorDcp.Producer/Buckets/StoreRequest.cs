using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>A document to store. Lives as long as the frame it was read from.</summary>
internal readonly ref struct StoreRequest
{
    public required StoreMode Mode { get; init; }

    /// <summary>Collection prefix and key.</summary>
    public required ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public uint Flags { get; init; }

    /// <summary>As on the wire: relative up to 30 days, else absolute (dcp-reference.md 3.21).</summary>
    public uint Expiry { get; init; }

    public bool PreserveExpiry { get; init; }

    public Datatype Datatype { get; init; }

    public ulong Cas { get; init; }
}
