using ActorDcp.Producer.Collections;

namespace ActorDcp.Producer.Buckets;

/// <summary>What all vbuckets of a bucket share.</summary>
internal sealed record BucketSettings
{
    public required string Name { get; init; }

    public required int VBuckets { get; init; }

    public bool Ephemeral { get; init; }

    public bool KeepHistory { get; init; }

    /// <summary>Whether of two versions the one with the higher cas wins, and not the one that was changed more often (dcp-reference.md 3.21).</summary>
    public bool LastWriteWins { get; init; }

    public int CheckpointMaxItems { get; init; } = 10_000;

    public int MaxClosedCheckpoints { get; init; } = 10;

    /// <summary>So many of the newest changes can always be undone, even if their keys had older versions.</summary>
    public int RewindableChanges { get; init; } = 1_000;

    public required TimeProvider Time { get; init; }

    /// <summary>Scopes and collections; the buckets of all nodes share one.</summary>
    public BucketCollections Collections { get; init; } = new();
}
