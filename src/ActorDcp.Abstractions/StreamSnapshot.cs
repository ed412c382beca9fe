namespace ActorDcp;

/// <summary>
/// The range of seqnos [Start, End] that one snapshot marker announced. Data is consistent only once all of it was
/// received (dcp-reference.md 4.5).
/// </summary>
public readonly record struct StreamSnapshot
{
    /// <summary>Makes the range.</summary>
    /// <exception cref="ArgumentException">The start lies behind the end.</exception>
    public StreamSnapshot(Seqno start, Seqno end)
    {
        if (start > end)
            throw new ArgumentException($"a snapshot cannot start at {start} and end at {end}", nameof(start));
        Start = start;
        End = end;
    }

    /// <summary>First seqno of the range; the first marker of a stream may start below what was asked for.</summary>
    public Seqno Start { get; }

    /// <summary>Last seqno of the range, inclusive.</summary>
    public Seqno End { get; }

    /// <summary>The complete snapshot that consists of one seqno: what a consumer claims that received everything up to it.</summary>
    public static StreamSnapshot At(Seqno seqno) => new(seqno, seqno);

    /// <summary>Whether the seqno lies in the range.</summary>
    public bool Contains(Seqno seqno) => Start <= seqno && seqno <= End;

    /// <summary>As <c>[start,end]</c>.</summary>
    public override string ToString() => $"[{Start},{End}]";
}
