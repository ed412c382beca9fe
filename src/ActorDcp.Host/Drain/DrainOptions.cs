using ActorDcp.Client;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Drain;

/// <summary>What a drain is told.</summary>
internal sealed record DrainOptions
{
    /// <summary>Where Couchbase is.</summary>
    public required ConnectionChoice Where { get; init; }

    /// <summary>What every connection asks for; the endpoint in it is replaced by each node's own.</summary>
    public required DcpConnectionOptions Connection { get; init; }

    /// <summary>The bucket.</summary>
    public string Bucket => Where.Bucket;

    /// <summary>VBuckets to stream; null for all of the bucket.</summary>
    public IReadOnlyList<VBucketId>? VBuckets { get; init; }

    public DrainStart From { get; init; } = new DrainStart.Beginning();

    public DrainEnd Until { get; init; } = new DrainEnd.Now();

    /// <summary>Collections by number or name; none for all.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>A scope by number or name; null for all.</summary>
    public string? Scope { get; init; }

    /// <summary>Whether lines about scopes and collections are wanted.</summary>
    public bool SystemEvents { get; init; }
}

/// <summary>Where a drain begins.</summary>
internal abstract record DrainStart
{
    private DrainStart()
    {
    }

    internal sealed record Beginning : DrainStart;

    internal sealed record Now : DrainStart;

    internal sealed record At(Hosting.Offsets.OffsetsFile Offsets) : DrainStart;
}

/// <summary>Where a drain ends.</summary>
internal abstract record DrainEnd
{
    private DrainEnd()
    {
    }

    /// <summary>At each vbucket's high seqno when the drain began.</summary>
    internal sealed record Now : DrainEnd;

    internal sealed record Never : DrainEnd;

    /// <summary>After so many changes of documents.</summary>
    internal sealed record Count(long Items) : DrainEnd;

    internal sealed record At(Hosting.Offsets.OffsetsFile Offsets) : DrainEnd;
}
