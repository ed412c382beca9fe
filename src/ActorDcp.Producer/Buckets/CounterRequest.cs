namespace ActorDcp.Producer.Buckets;

/// <summary>A counter operation. Lives as long as the frame it was read from.</summary>
internal readonly ref struct CounterRequest
{
    /// <summary>Collection prefix and key.</summary>
    public required ReadOnlySpan<byte> Key { get; init; }

    public required bool Up { get; init; }

    public required ulong Delta { get; init; }

    /// <summary>Number of a counter that is made by this.</summary>
    public required ulong Initial { get; init; }

    /// <summary>Expiry field of a counter that is made by this; all ones: make none.</summary>
    public required uint Expiry { get; init; }

    public ulong Cas { get; init; }
}
