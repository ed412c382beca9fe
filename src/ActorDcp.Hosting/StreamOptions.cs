namespace ActorDcp.Hosting;

/// <summary>What is streamed. Part of the group's identity: a later start with another filter is refused.</summary>
public sealed class StreamOptions
{
    /// <summary>Collections by number (decimal, or hexadecimal with 0x) or as <c>scope.name</c>; empty for all.</summary>
    public IList<string> Collections { get; } = [];

    /// <summary>One scope by name or number, instead of collections; null for all.</summary>
    public string? Scope { get; set; }

    /// <summary>Whether extended attributes are streamed with the documents.</summary>
    public bool Xattrs { get; set; }

    /// <summary>Whether deletions carry their time.</summary>
    public bool DeleteTimes { get; set; }

    /// <summary>Whether documents come without their values.</summary>
    public bool NoValue { get; set; }

    /// <summary>Whether backfills may come out of seqno order, which is faster for few collections of many. Refused: a group cannot yet.</summary>
    public bool Oso { get; set; }

    /// <summary>The producer's priority for these connections; null leaves it alone.</summary>
    public StreamPriority? Priority { get; set; }

    /// <summary>
    /// How often to ask which changes are on every replica's disk, so that only those are handed on; zero hands on all at once.
    /// Anything but zero is refused: it is not built yet.
    /// </summary>
    public TimeSpan RollbackMitigationInterval { get; set; }
}
