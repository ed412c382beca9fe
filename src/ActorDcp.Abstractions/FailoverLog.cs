using System.Collections.Immutable;

namespace ActorDcp;

/// <summary>One branch of a vbucket's history and the seqno at which it began.</summary>
public readonly record struct FailoverLogEntry(VBucketUuid Uuid, Seqno Seqno);

/// <summary>The branches of a vbucket's history, newest first (dcp-reference.md 5.3). Immutable.</summary>
public sealed class FailoverLog : IEquatable<FailoverLog>
{
    /// <summary>Most entries that a producer keeps.</summary>
    public const int MaxEntries = 25;

    /// <summary>Makes a log from its entries, newest first.</summary>
    public FailoverLog(IEnumerable<FailoverLogEntry> newestFirst)
    {
        ArgumentNullException.ThrowIfNull(newestFirst);
        Entries = [.. newestFirst];
    }

    /// <summary>A log nobody has told us yet.</summary>
    public static FailoverLog Empty { get; } = new([]);

    /// <summary>Newest first.</summary>
    public ImmutableArray<FailoverLogEntry> Entries { get; }

    /// <summary>Whether nothing is known.</summary>
    public bool IsEmpty => Entries.IsEmpty;

    /// <summary>The current branch; <see cref="VBucketUuid.None"/> when nothing is known.</summary>
    public VBucketUuid NewestUuid => IsEmpty ? VBucketUuid.None : Entries[0].Uuid;

    /// <summary>Whether the branch is one of the log's.</summary>
    public bool Contains(VBucketUuid uuid)
    {
        foreach (var entry in Entries)
            if (entry.Uuid == uuid)
                return true;
        return false;
    }

    /// <summary>The newest branch that began at or below a seqno, so one that a consumer resuming there may name.</summary>
    public VBucketUuid UuidAtOrBelow(Seqno seqno)
    {
        foreach (var entry in Entries)
            if (entry.Seqno <= seqno)
                return entry.Uuid;
        return VBucketUuid.None;
    }

    /// <summary>What remains of the log for a consumer that went back to a seqno: entries that began above it are dropped.</summary>
    public FailoverLog TruncatedTo(Seqno seqno) => new(Entries.Where(entry => entry.Seqno <= seqno));

    /// <inheritdoc/>
    public bool Equals(FailoverLog? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FailoverLog);

    /// <inheritdoc/>
    public override int GetHashCode() => IsEmpty ? 0 : HashCode.Combine(Entries.Length, Entries[0]);

    /// <summary>As <c>(uuid,seqno) (uuid,seqno)</c>, newest first.</summary>
    public override string ToString() => string.Join(' ', Entries.Select(entry => $"({entry.Uuid},{entry.Seqno})"));
}
