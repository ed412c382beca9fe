using System.Collections.Immutable;

namespace ActorDcp.Persistence;

/// <summary>A fully handled snapshot end, the branch it was read on, and when.</summary>
internal readonly record struct RetainedBoundary(VBucketUuid Uuid, Seqno Seqno, DateTimeOffset HandledAt);

/// <summary>
/// The fully handled snapshot ends that a vbucket may resume from after a rollback, oldest first: about 32 of the last minute and
/// about 32 older ones, spaced logarithmically up to about a month (resuming at the producer's rollback seqno itself can lose
/// data, dcp-reference.md 4.4). Seqnos rise strictly and times never fall. Immutable.
/// </summary>
internal sealed class RetainedBoundaries : IEquatable<RetainedBoundaries>
{
    /// <summary>Most boundaries ever kept.</summary>
    public const int MaxCount = 66;

    /// <summary>Boundaries of the last minute are kept one in so much time: the newest of each span.</summary>
    internal static readonly TimeSpan RecentSpan = TimeSpan.FromSeconds(2);

    internal static readonly TimeSpan RecentAge = TimeSpan.FromMinutes(1);

    /// <summary>Each older span is by this factor longer than the one before it.</summary>
    internal const double OlderRatio = 1.4;

    private const int OlderSpans = 32;

    private RetainedBoundaries(ImmutableArray<RetainedBoundary> oldestFirst) => OldestFirst = oldestFirst;

    /// <summary>None yet.</summary>
    public static RetainedBoundaries None { get; } = new([]);

    /// <summary>Oldest first.</summary>
    public ImmutableArray<RetainedBoundary> OldestFirst { get; }

    /// <summary>How many.</summary>
    public int Count => OldestFirst.Length;

    /// <summary>Takes boundaries as they were stored.</summary>
    /// <exception cref="ArgumentException">Seqnos do not rise, times fall, or there are more than <see cref="MaxCount"/>.</exception>
    public static RetainedBoundaries From(IEnumerable<RetainedBoundary> oldestFirst)
    {
        ImmutableArray<RetainedBoundary> items = [.. oldestFirst];
        if (items.Length > MaxCount)
            throw new ArgumentException($"{items.Length} boundaries are more than {MaxCount}", nameof(oldestFirst));
        for (var i = 1; i < items.Length; i++)
            if (items[i].Seqno <= items[i - 1].Seqno || items[i].HandledAt < items[i - 1].HandledAt)
                throw new ArgumentException($"boundary {items[i].Seqno} does not follow {items[i - 1].Seqno}", nameof(oldestFirst));
        return items.IsEmpty ? None : new RetainedBoundaries(items);
    }

    /// <summary>
    /// Adds the newest boundary and thins the others. What stands at or above its seqno is forgotten first: that history was
    /// replaced. A clock that went back is taken as standing still. Times are kept to the millisecond.
    /// </summary>
    public RetainedBoundaries Add(RetainedBoundary boundary, DateTimeOffset now)
    {
        var kept = Count > 0 && OldestFirst[^1].Seqno >= boundary.Seqno ? Below(boundary.Seqno) : OldestFirst;
        var at = DateTimeOffset.FromUnixTimeMilliseconds(boundary.HandledAt.ToUnixTimeMilliseconds());
        if (!kept.IsEmpty && at < kept[^1].HandledAt)
            at = kept[^1].HandledAt;
        boundary = boundary with { HandledAt = at };
        // the usual case: many snapshots end within one span, and the newest stands for it
        if (!kept.IsEmpty && RecentBin(kept[^1].HandledAt) == RecentBin(at))
            return new RetainedBoundaries(kept.SetItem(kept.Length - 1, boundary));
        return new RetainedBoundaries(Thin(kept.Add(boundary), now < at ? at : now));
    }

    /// <summary>The newest boundary at or below a seqno; null when there is none, so that only the beginning is left.</summary>
    public RetainedBoundary? NewestAtOrBelow(Seqno seqno)
    {
        for (var i = Count - 1; i >= 0; i--)
            if (OldestFirst[i].Seqno <= seqno)
                return OldestFirst[i];
        return null;
    }

    /// <summary>What remains after going back to a seqno: boundaries above it are forgotten.</summary>
    public RetainedBoundaries TruncatedTo(Seqno seqno)
    {
        if (Count == 0 || OldestFirst[^1].Seqno <= seqno)
            return this;
        var kept = seqno == Seqno.Max ? OldestFirst : Below(new Seqno(seqno.Value + 1));
        return kept.IsEmpty ? None : new RetainedBoundaries(kept);
    }

    /// <inheritdoc/>
    public bool Equals(RetainedBoundaries? other) =>
        other is not null && OldestFirst.AsSpan().SequenceEqual(other.OldestFirst.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RetainedBoundaries);

    /// <inheritdoc/>
    public override int GetHashCode() => Count == 0 ? 0 : HashCode.Combine(Count, OldestFirst[^1]);

    /// <summary>As <c>3 boundaries, 120 to 200</c>.</summary>
    public override string ToString() =>
        Count == 0 ? "no boundaries" : $"{Count} boundaries, {OldestFirst[0].Seqno} to {OldestFirst[^1].Seqno}";

    private ImmutableArray<RetainedBoundary> Below(Seqno seqno)
    {
        var length = Count;
        while (length > 0 && OldestFirst[length - 1].Seqno >= seqno)
            length--;
        return OldestFirst[..length];
    }

    private static long RecentBin(DateTimeOffset at) => at.UtcTicks / RecentSpan.Ticks;

    // 0 for the last minute, then spans that grow by OlderRatio; the last one takes all the rest
    private static int OlderBin(TimeSpan age) =>
        age < RecentAge ? 0 : 1 + (int)Math.Min(OlderSpans - 1, Math.Floor(Math.Log(age / RecentAge, OlderRatio)));

    private static ImmutableArray<RetainedBoundary> Thin(ImmutableArray<RetainedBoundary> items, DateTimeOffset now)
    {
        var kept = ImmutableArray.CreateBuilder<RetainedBoundary>(items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            var bin = OlderBin(now - items[i].HandledAt);
            // an old span keeps its oldest, or nothing would ever live to grow older; a recent one keeps its newest
            var superseded = bin == 0
                ? i + 1 < items.Length && RecentBin(items[i + 1].HandledAt) == RecentBin(items[i].HandledAt)
                : kept.Count > 0 && OlderBin(now - kept[^1].HandledAt) == bin;
            if (!superseded || i == items.Length - 1)
                kept.Add(items[i]);
        }
        return kept.DrainToImmutable();
    }
}
